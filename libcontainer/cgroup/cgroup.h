/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cgroups of one container: create, limit, enter, freeze, measure, empty and remove them. One
 * interface for cgroup v2, for cgroup v1 with or without a v2 hierarchy beside it (hybrid), and for
 * systemd's scopes.
 *
 * struct cgroup describes a cgroup that was created. Its persistent part (cgroup_table) is stored
 * in the container's state and suffices to act on the cgroup again: json_decode(), then
 * cgroup_load(), at the end cgroup_close(). Strings are in the arena that it was created or decoded
 * with. Resources, annotations and the arena passed to cgroup_create() must stay valid until
 * cgroup_enter() has returned.
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

/* One mounted hierarchy and the container's directory in it. v2 has only one, whose name is "". */
struct cgroup_hierarchy {
	const char *name;  /* as in /proc/self/cgroup: "cpu,cpuacct", "name=systemd"; "" for v2 and
			      hybrid's unified */
	const char *mount; /* absolute path of the mount point */
	const char *directory; /* absolute path of the container's cgroup */
	uint32_t
		made; /* number of trailing path components that hull created; removed when empty */
	/* not persistent */
	int fd;       /* O_PATH fd of the directory, opened on demand; -1: none */
	bool removed; /* by cgroup_remove_empty() */
};

struct cgroup {
	/* persistent */
	int manager; /* enum cgroup_manager */
	int layout;  /* enum cgroup_layout */
	const char
		*path; /* below the mount points, "/..."; may differ per hierarchy on v1. NULL: no
			  cgroup of its own (manager disabled, or rootless without permission) */
	const char *scope; /* unit name, with the systemd manager */
	bool delegated;    /* owned by the container's user: processes may be in sub-cgroups */
	bool user_manager; /* the unit belongs to the user's service manager, not the system's */
	LIST(struct cgroup_hierarchy) hierarchies;

	/* not persistent */
	int fd; /* v2: for CLONE_INTO_CGROUP, valid from cgroup_ready() to cgroup_close(); else -1
		 */
	int *entries; /* v1: one per hierarchy, for cgroup_enter_self(), after cgroup_ready(); NULL:
			 none */
	struct cgroup_helper *helper; /* connection to systemd while the cgroup is being created */
	struct arena *arena;          /* used while it is created or updated */
	struct setting
		*late; /* limit written after the clone, because a clone into a full cgroup fails */
	char v2_controllers[512]; /* of the v2 hierarchy, after a space; empty: not read yet */
};
extern const struct json_table cgroup_table;

struct cgroup_request {
	int manager;              /* enum cgroup_manager */
	const char *cgroups_path; /* linux.cgroupsPath; may be NULL */
	const char *id;
	bool rootless; /* if the configuration has no path and no limits, continue without cgroups
			  that can't be created */
	const struct oci_resources *resources; /* may be NULL */
	const string_map *annotations;         /* may be NULL */
	/*
	 * Called before anything is created, with the directories that don't exist yet, so that the
	 * caller can record them for removal. Existing directories aren't listed: they become the
	 * container's only on success.
	 */
	int (*planned)(void *context, const struct cgroup *cgroup, struct error *err);
	void *context;
};

/*
 * Decides the paths; creates the cgroup and missing parents; refuses one that is frozen or has
 * processes; sets every limit; attaches the device program. With the systemd manager it only sends
 * the request, and cgroup_ready() waits for the answer. On error, removes everything that it
 * created. Returns 0 or -1.
 */
int cgroup_create(struct cgroup *cgroup, struct arena *arena, const struct cgroup_request *request,
	struct error *err);

/*
 * Waits until the cgroup exists with all its limits. Call it before the clone. Free with cgroupfs.
 * Returns 0 or -1.
 */
int cgroup_ready(struct cgroup *cgroup, struct error *err);

/*
 * Moves pid into every hierarchy that CLONE_INTO_CGROUP and cgroup_enter_self() don't cover.
 * cloned: pid was born in cgroup->fd. Returns 0 or -1.
 */
int cgroup_enter(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err);

/*
 * Moves the calling process, which must be single-threaded, into its v1 cgroups through the files
 * that cgroup_ready() opened. Moving itself avoids a lock that blocks every fork on the machine,
 * and for which a writer waits milliseconds if CPUs are busy. Returns 0 or -1.
 */
int cgroup_enter_self(struct cgroup *cgroup, struct error *err);

/*
 * Returns true if the kernel kills what is cloned into the cgroup `fd` at birth. Linux 6.18 does so
 * if cgroup.kill of the caller's own cgroup was ever written: it takes a process born in another
 * cgroup for one that was forked during that write. Clones a process to find out.
 */
bool cgroup_kills_newborns(int fd);

/* Moves the calling process into the cgroup `fd`, for cgroup_kills_newborns(). Returns 0 or -1. */
int cgroup_move_self(int fd, struct error *err);

/* Completes a cgroup decoded from the state. Opens nothing. */
void cgroup_load(struct cgroup *cgroup);
void cgroup_close(struct cgroup *cgroup);

/* The limits before an update. */
struct cgroup_undo {
	struct arena arena;
	setting_list settings;
};

/*
 * Changes the limits that are set in resources. Device rules replace all earlier ones, atomically
 * if the kernel can (v2); an empty list keeps them. All or nothing: on error every limit is
 * restored. undo: NULL; or, on success, receives what cgroup_revert() needs if a later part of the
 * same update is refused (not device rules). Free it with cgroup_undo_free(). Returns 0 or -1.
 */
int cgroup_update(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, struct cgroup_undo *undo, struct error *err);
/* Restores the limits, once; logs what the kernel refuses. */
void cgroup_revert(struct cgroup *cgroup, struct cgroup_undo *undo);
void cgroup_undo_free(struct cgroup_undo *undo);
#define cleanup_cgroup_undo __attribute__((cleanup(cgroup_undo_free)))

/* Returns true if both resources allow a container with these annotations the same devices. */
bool cgroup_same_devices(const struct oci_resources *one, const struct oci_resources *other,
	const string_map *annotations);

/*
 * Gives the cgroup to host_uid, as the runtime-spec's "cgroup ownership" says, and sets
 * ->delegated. The caller has checked that the container has its own new cgroup namespace and a
 * writable cgroup mount (cgroup_mount_delegates). Does nothing on v1. Returns 0 or -1.
 */
int cgroup_delegate(struct cgroup *cgroup, uid_t host_uid, struct error *err);

/* Returns the directory with the freezer; NULL if there is none. */
const char *cgroup_freezer(struct cgroup *cgroup);

/*
 * Creates a cgroup below the container's, managed by host_uid and without limits, and moves pid
 * into it (annotation run.oci.delegate-cgroup). pid must already have a cgroup namespace whose root
 * is the container's cgroup. Returns 0 or -1.
 */
int cgroup_delegate_below(
	struct cgroup *cgroup, const char *name, uid_t host_uid, pid_t pid, struct error *err);

/*
 * Freezes or thaws all processes and waits until it is done. Undoes a failed freeze. Returns 0 or
 * -1.
 */
int cgroup_freeze(struct cgroup *cgroup, bool frozen, struct error *err);
int cgroup_frozen(struct cgroup *cgroup); /* 1, 0, or -1 with errno: ENOENT if the cgroup is gone */

/*
 * Signals all processes, including those in sub-cgroups. SIGKILL uses cgroup.kill if available; on
 * v1 it also thaws. Succeeds if the cgroup is empty or missing. Returns 0 or -1.
 */
int cgroup_signal(struct cgroup *cgroup, int signal, struct error *err);

struct pid_list {
	pid_t *v;
	size_t n, room;
};
/* Appends a PID. The caller frees list->v. */
void pid_list_add(struct pid_list *list, pid_t pid);

/*
 * Lists all processes, including those in sub-cgroups, each once, in ascending order. The caller
 * frees pids->v. Returns 0 or -1.
 */
int cgroup_pids(struct cgroup *cgroup, struct pid_list *pids, struct error *err);

/*
 * Waits until a cgroup with dying processes is empty, then removes it, all sub-cgroups, and the
 * unit. Kills nothing; the error lists what is left. Succeeds if the cgroup is gone. Returns 0 or
 * -1.
 */
int cgroup_remove(struct cgroup *cgroup, struct error *err);

/*
 * v2: if the cgroup has no processes and no sub-cgroups, removes it with one system call and
 * returns true. cgroup_remove() must still remove parents that hull created. Not for systemd units.
 */
bool cgroup_remove_empty(struct cgroup *cgroup);

/*
 * Writes the members of `data` in `events --stats` into the open object: cpu, cpuset, memory, pids,
 * blkio, hugetlb, and on v2 psi inside these. Returns 0 or -1.
 */
int cgroup_stats(struct cgroup *cgroup, struct json_writer *w, struct error *err);

/* Out-of-memory kills, for `events`. */
struct cgroup_oom {
	int fd;   /* poll it for POLLIN, then call cgroup_oom_read() */
	int file; /* the rest is private */
	bool v2;
	uint64_t kills, above_kills;
	const char *directory;
	int above; /* v2: parent of the container's directory, or -1 */
};
/* Starts watching for kills. Close with cgroup_oom_close(). Returns 0 or -1. */
int cgroup_oom_open(struct cgroup *cgroup, struct cgroup_oom *oom, struct error *err);
/*
 * Returns the number of kills since the last call; -1 if the cgroup is gone or (v2) has no
 * processes left.
 */
int cgroup_oom_read(struct cgroup_oom *oom);
void cgroup_oom_close(struct cgroup_oom *oom);

/* Where a process of `exec` goes: the container's cgroup or, with `exec --cgroup`, a sub-cgroup. */
struct cgroup_exec {
	int fd;                                    /* for CLONE_INTO_CGROUP, or -1 */
	LIST(struct cgroup_hierarchy) hierarchies; /* all hierarchies */
};
/*
 * Opens the cgroups for a process of `exec`. wanted: the arguments of --cgroup, "PATH" or
 * "CONTROLLER[,CONTROLLER]:PATH", relative to and inside the container's cgroup; may be empty.
 * init: the container's first process, whose cgroup is used if the container's own was delegated
 * and can't have processes. frozen: accept a frozen sub-cgroup, where the process would not run;
 * else that is an error. Returns 0 or -1.
 */
int cgroup_exec_open(struct cgroup *cgroup, const string_list *wanted, pid_t init, bool frozen,
	struct cgroup_exec *exec, struct error *err);
int cgroup_exec_enter(const struct cgroup_exec *exec, pid_t pid, struct error *err);
/*
 * Moves the calling process, which must be single-threaded, into these cgroups. cloned: it was born
 * in exec->fd. Avoids v1's lock on every fork, see cgroup_enter_self(). Returns 0 or -1.
 */
int cgroup_exec_enter_self(const struct cgroup_exec *exec, bool cloned, struct error *err);
void cgroup_exec_close(struct cgroup_exec *exec);

/*
 * Explains why a process can't be born in the cgroup: appends to err, whose code is clone3(2)'s
 * errno. Returns -1.
 */
int cgroup_explain_clone(struct cgroup *cgroup, struct error *err);
/*
 * Returns true, and appends which limit, if the process limit of the cgroup, of one above it, or of
 * the caller's own (even with cgroup NULL) is reached, so that fork fails with EAGAIN.
 */
struct buf;
bool cgroup_pids_reached(struct cgroup *cgroup, struct buf *why);

/* ---- the host ---- */
bool cgroup_is_v2(void); /* true if /sys/fs/cgroup is cgroup2 */

/*
 * Reads the usage that memory.checkBeforeUpdate compares with memory.limit, for callers that print
 * it. Returns 0 or -1.
 */
int cgroup_memory_usage(struct cgroup *cgroup, uint64_t *bytes, struct error *err);

/* ---- the mount type "cgroup" (mount.c) ---- */

/*
 * One step of a `mounts` entry of type cgroup. Planned on the host side after cgroup_ready().
 * Executed inside by cgroup_mount(), which allocates nothing and looks up no path outside the
 * target.
 */
struct cgroup_mount_entry {
	const char *name;      /* directory below the mount point; "" for the mount point */
	const char *target;    /* target of the symlink `name`; else NULL */
	const char *directory; /* else: the host's directory to show there */
	int tree;              /* its detached tree; -1: not open */
};
struct cgroup_mount_plan {
	bool superblock;     /* create a cgroup2 mount, inside the container's cgroup namespace */
	bool tmpfs;          /* create a tmpfs for the entries */
	uint64_t attributes; /* MOUNT_ATTR_... of every mount */
	const char *label;   /* SELinux label of the tmpfs; NULL: none */
	LIST(struct cgroup_mount_entry) entries;
};
struct cgroup_mount_request {
	const struct oci_mount *mount;
	uint64_t attributes;   /* MOUNT_ATTR_... from mount->options */
	const char *hierarchy; /* only this hierarchy, see struct cgroup_hierarchy; NULL: those of
				  the host's layout */
	bool cgroup_namespace; /* new or joined */
	bool user_namespace;
	bool rootless;
	const char *label; /* SELinux label of a tmpfs; NULL: none. Borrowed by the plan */
};
/*
 * Returns true if this entry of `mounts` lets the container's user own the cgroup, according to the
 * runtime-spec: source "cgroup", destination "/sys/fs/cgroup", no option "ro". A new cgroup
 * namespace is also required.
 */
bool cgroup_mount_delegates(const struct oci_mount *mount);
/*
 * Plans the mount. It is writable without "ro", except in a rootless container without a cgroup
 * namespace (CVE-2023-25809). cgroup_mount_plan_close() closes the plan's trees; cgroup_close()
 * doesn't. Returns 0 or -1.
 */
int cgroup_mount_plan(struct cgroup *cgroup, const struct cgroup_mount_request *request,
	struct cgroup_mount_plan *plan, struct error *err);
void cgroup_mount_plan_close(struct cgroup_mount_plan *plan);

/* Opens the trees of a plan. Returns 0 or -1. */
int cgroup_mount_open(struct cgroup_mount_plan *plan, struct error *err);
/*
 * Inside, in the container's mount and cgroup namespaces: mounts on `target`, an O_PATH fd of a
 * directory. Returns an O_PATH fd of the new mount's root, or -1.
 */
int cgroup_mount(int target, const struct cgroup_mount_plan *plan, struct error *err);
