/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cgroups of one container: made, limited, entered, frozen, measured, emptied and removed, with
 * one interface for cgroup v2, cgroup v1 with and without a v2 hierarchy beside it (hybrid), and
 * for scopes of systemd.
 *
 * A cgroup that was made is described by a struct cgroup. Its persistent part (cgroup_table) goes
 * into the container's state and is all that is needed to act on it again: after json_decode(),
 * cgroup_load(); at the end cgroup_close(). Strings live in the arena that it was created or
 * decoded with. Resources, annotations and the arena that are given to cgroup_create() must stay
 * until cgroup_enter() has returned.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/json/json.h"
#include "base/mem.h"
#include "spec/config.h"

struct error;
struct cgroup_helper;
struct json_writer;
struct setting;
typedef LIST(struct setting) setting_list;

enum cgroup_manager {
	CGROUP_MANAGER_CGROUPFS = 1,
	CGROUP_MANAGER_SYSTEMD,
	CGROUP_MANAGER_DISABLED
};
enum cgroup_layout { CGROUP_V2 = 1, CGROUP_V1 /* pure v1 or hybrid */ };
/* "cgroupfs", "systemd", "disabled": index manager - 1, NULL-terminated */
extern const char *const cgroup_manager_names[];

/* One mounted hierarchy and the container's directory in it. On v2 there is one, whose name is "".
 */
struct cgroup_hierarchy {
	const char *name;  /* as in /proc/self/cgroup: "cpu,cpuacct", "name=systemd"; "" for v2 and
			      hybrid's unified */
	const char *mount; /* absolute path of the mount point */
	const char *directory; /* absolute path of the container's cgroup below it */
	uint32_t made; /* how many of its last components hull made; the upper ones are removed when
			  empty */
	int fd; /* of the directory, O_PATH, or -1: opened when it is needed; not persistent */
};

struct cgroup {
	/* persistent */
	int manager;       /* enum cgroup_manager */
	int layout;        /* enum cgroup_layout */
	const char *path;  /* below the mount points, "/..."; on v1 a hierarchy's own may differ.
			    * NULL: the container has  no cgroup of its own (manager disabled, or
			    * rootless where none may be made) */
	const char *scope; /* unit name, with the systemd manager */
	bool delegated;    /* belongs to the container's user: processes may be in sub-cgroups */
	bool user_manager; /* the unit is the user's service manager's, not the system's */
	LIST(struct cgroup_hierarchy) hierarchies;

	/* not persistent */
	int fd; /* v2: for CLONE_INTO_CGROUP, valid after cgroup_ready(), closed by cgroup_close();
		   -1 elsewhere */
	int *entries; /* v1, of each hierarchy: for cgroup_enter_self(), after cgroup_ready(); NULL:
			 there are none */
	struct cgroup_helper *helper; /* the connection to systemd while the cgroup is being made */
	struct arena *arena;          /* while it is being made or updated */
	struct setting *late; /* a limit that is written after the clone: a clone into a full cgroup
				 fails */
	char v2_controllers[512]; /* of the v2 hierarchy, after a space; empty: not read yet */
};
extern const struct json_table cgroup_table;

struct cgroup_request {
	int manager;              /* enum cgroup_manager */
	const char *cgroups_path; /* linux.cgroupsPath, may be NULL */
	const char *id;
	bool rootless; /* if the configuration asks for no path and no limit, continue without a
			  cgroup that may not be made */
	const struct oci_resources *resources; /* may be NULL */
	const string_map *annotations;         /* may be NULL */
	/* Called before anything is made, with the directories that don't exist yet: a caller that
	 * records them can remove them later. Existing directories aren't listed: they are the
	 * container's only after success. */
	int (*planned)(void *context, const struct cgroup *cgroup, struct error *err);
	void *context;
};

/* Decides the paths, makes the cgroup and its missing parents, refuses one that is frozen or has
 * processes, sets every limit, attaches the device program. With the systemd manager this only
 * sends the request; cgroup_ready() waits for the answer. On error everything it made is removed.
 * Returns 0 or -1. */
int cgroup_create(struct cgroup *cgroup, struct arena *arena, const struct cgroup_request *request,
	struct error *err);

/* Waits until the cgroup is there with all its limits; to be called before the clone. Costs nothing
 * with cgroupfs. */
int cgroup_ready(struct cgroup *cgroup, struct error *err);

/* Puts pid into every hierarchy of the cgroup that CLONE_INTO_CGROUP and cgroup_enter_self() don't
 * cover. cloned: pid was born in cgroup->fd. */
int cgroup_enter(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err);

/* To be called by that process, which has one thread only. On v1 it enters by what cgroup_ready()
 * opened: a process that moves itself does it without the lock on every fork of the machine, whose
 * writer waits for milliseconds where the CPUs are busy. */
int cgroup_enter_self(struct cgroup *cgroup, struct error *err);

/* Completes a cgroup decoded from the state. Opens nothing. */
void cgroup_load(struct cgroup *cgroup);
void cgroup_close(struct cgroup *cgroup);

/* The limits as they were before an update. */
struct cgroup_undo {
	struct arena arena;
	setting_list settings;
};

/* Changes the limits that are set in resources, leaves the others. Rules for devices take the place
 * of all before them, in one step where the kernel can do that (v2); an empty list leaves them. All
 * or nothing: on error every limit is what it was before. On success undo, unless
 * it is NULL, is what cgroup_revert() needs to take the limits back when a later part of the same
 * update is refused; device rules aren't in it. The caller ends it with cgroup_undo_free(). */
int cgroup_update(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, struct cgroup_undo *undo, struct error *err);
/* Writes the old limits back, once; what the kernel doesn't take is logged. */
void cgroup_revert(struct cgroup *cgroup, struct cgroup_undo *undo);
void cgroup_undo_free(struct cgroup_undo *undo);
#define cleanup_cgroup_undo __attribute__((cleanup(cgroup_undo_free)))

/* Whether a container with these annotations may use the same devices with either. */
bool cgroup_same_devices(const struct oci_resources *one, const struct oci_resources *other,
	const string_map *annotations);

/* Gives the cgroup to host_uid as the runtime-spec's "cgroup ownership" says. The caller has
 * decided that the container has its own new cgroup namespace and a writable cgroup mount
 * (cgroup_mount_delegates); on v1 this does nothing. Sets
 * ->delegated. */
int cgroup_delegate(struct cgroup *cgroup, uid_t host_uid, struct error *err);

/* The directory with the freezer, NULL: there is none. */
const char *cgroup_freezer(struct cgroup *cgroup);

/* A cgroup below the container's that host_uid manages as it likes, without limits of its own; pid
 * goes into it. (The annotation run.oci.delegate-cgroup. Its caller sees to it that pid has a
 * cgroup namespace, whose root is the cgroup above, by then.) */
int cgroup_delegate_below(
	struct cgroup *cgroup, const char *name, uid_t host_uid, pid_t pid, struct error *err);

/* Freezes or thaws all processes and waits until they are. Returns 0 or -1; a freeze that fails is
 * undone. */
int cgroup_freeze(struct cgroup *cgroup, bool frozen, struct error *err);
int cgroup_frozen(struct cgroup *cgroup); /* 1, 0, -1 with errno: ENOENT when the cgroup is gone */

/* All processes, also those in sub-cgroups; SIGKILL with cgroup.kill where there is one, thawing on
 * v1. An empty or missing cgroup is no error. */
int cgroup_signal(struct cgroup *cgroup, int signal, struct error *err);

struct pid_list {
	pid_t *v;
	size_t n;
};
/* All processes, also those in sub-cgroups, each once, in ascending order. The caller frees
 * pids->v. */
int cgroup_pids(struct cgroup *cgroup, struct pid_list *pids, struct error *err);

/* Kills nothing. Waits for a cgroup whose processes are dying to become empty, removes it and all
 * sub-cgroups, and the unit. The error lists what is left. A cgroup that is gone is no error. */
int cgroup_remove(struct cgroup *cgroup, struct error *err);

/* True: on v2, nothing was left in the cgroup, not even a cgroup of the container's, and it is
 * gone. The usual end, at one system call; cgroup_remove() still has to remove what was made above
 * it. Not for a unit of systemd. */
bool cgroup_remove_empty(struct cgroup *cgroup);

/* Writes the members of `data` of `events --stats` into the object that is open: cpu, cpuset,
 * memory, pids, blkio, hugetlb, and on v2 psi inside these. */
int cgroup_stats(struct cgroup *cgroup, struct json_writer *w, struct error *err);

/* Out-of-memory kills, for `events`. */
struct cgroup_oom {
	int fd;   /* poll it for POLLIN, then cgroup_oom_read() */
	int file; /* the rest is its own */
	bool v2;
	uint64_t kills, above_kills;
	const char *directory;
	int above; /* v2: the directory that the container's is in, or -1 */
};
int cgroup_oom_open(struct cgroup *cgroup, struct cgroup_oom *oom, struct error *err);
/* New kills since the last call, 0 for none, -1 when the cgroup is gone, or (v2) has no processes
 * any more. */
int cgroup_oom_read(struct cgroup_oom *oom);
void cgroup_oom_close(struct cgroup_oom *oom);

/* Where a process of `exec` goes: the container's cgroup, or with `exec --cgroup` a sub-cgroup of
 * it. */
struct cgroup_exec {
	int fd;                                    /* for CLONE_INTO_CGROUP or -1 */
	LIST(struct cgroup_hierarchy) hierarchies; /* all of them */
};
/* wanted: the arguments of --cgroup, "PATH" or "CONTROLLER[,CONTROLLER]:PATH", each relative to the
 * container's cgroup and inside it; may be empty. init: the container's first process, whose cgroup
 * serves where the container's own may have no processes because it was delegated. A sub-cgroup
 * that is frozen, by itself or by one above, is an error unless frozen is true: a process wouldn't
 * come to anything in it. */
int cgroup_exec_open(struct cgroup *cgroup, const string_list *wanted, pid_t init, bool frozen,
	struct cgroup_exec *exec, struct error *err);
int cgroup_exec_enter(const struct cgroup_exec *exec, pid_t pid, struct error *err);
/* The same for the calling process, which must have one thread only; cloned: it was born in
 * exec->fd. That moves it without cgroup v1's lock on every fork of the machine, whose writer waits
 * for milliseconds where the CPUs are busy.
 */
int cgroup_exec_enter_self(const struct cgroup_exec *exec, bool cloned, struct error *err);
void cgroup_exec_close(struct cgroup_exec *exec);

/* Appends to err, whose code is what clone3(2) gave, why a process can't be born in the cgroup.
 * Returns -1. */
int cgroup_explain_clone(struct cgroup *cgroup, struct error *err);
/* Whether the limit of processes of the cgroup, of one above it, or (cgroup: NULL, too) of the
 * caller's own is reached, so that fork fails with EAGAIN; appends which it is. */
struct buf;
bool cgroup_pids_reached(struct cgroup *cgroup, struct buf *why);

/* ---- the host ---- */
bool cgroup_is_v2(void); /* /sys/fs/cgroup is a cgroup2 */

/* The usage that memory.limit is compared with for memory.checkBeforeUpdate; for callers that print
 * it. */
int cgroup_memory_usage(struct cgroup *cgroup, uint64_t *bytes, struct error *err);

/* ---- the mount type "cgroup" (mount.c) ---- */

/* One step of a `mounts` entry of type cgroup: decided, and its tree opened, on the host's side
 * after cgroup_ready(); executed inside by cgroup_mount(), which allocates nothing and looks up no
 * path outside the target. */
struct cgroup_mount_entry {
	const char *name;   /* a directory below the mount point, "" for the mount point itself */
	const char *target; /* of the symlink `name`, else NULL */
	int tree;           /* detached tree to attach there, else -1 */
};
struct cgroup_mount_plan {
	bool superblock;     /* a new cgroup2 mount, inside the container's cgroup namespace */
	bool tmpfs;          /* a tmpfs that holds the entries */
	uint64_t attributes; /* MOUNT_ATTR_... of every mount */
	LIST(struct cgroup_mount_entry) entries;
};
struct cgroup_mount_request {
	const struct oci_mount *mount;
	uint64_t attributes;   /* MOUNT_ATTR_... as mount->options say */
	const char *hierarchy; /* only this one, as in struct cgroup_hierarchy; NULL: what the
				  layout of the host asks for */
	bool cgroup_namespace; /* the container has a new one or joins one */
	bool user_namespace;
	bool rootless;
};
/* True when the runtime-spec asks for the container's user to own the cgroup because of this entry
 * of `mounts`: source "cgroup", destination "/sys/fs/cgroup", no option "ro". The other condition
 * is a new cgroup namespace. */
bool cgroup_mount_delegates(const struct oci_mount *mount);
/* Writable without the option "ro", but never in a rootless container without a cgroup namespace
 * (CVE-2023-25809). */
/* cgroup_close() doesn't close the plan's trees, cgroup_mount_plan_close() does. */
int cgroup_mount_plan(struct cgroup *cgroup, const struct cgroup_mount_request *request,
	struct cgroup_mount_plan *plan, struct error *err);
void cgroup_mount_plan_close(struct cgroup_mount_plan *plan);
/* Inside, in the container's mount and cgroup namespace: mounts on `target`, an O_PATH fd of a
 * directory. Returns the fd of the new mount's root (O_PATH), or -1. */
int cgroup_mount(int target, const struct cgroup_mount_plan *plan, struct error *err);
