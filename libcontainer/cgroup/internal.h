/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Declarations shared by the files of libcontainer/cgroup/ only.
 */
#pragma once
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "cgroup/cgroup.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

/* ---- files.c: small reads and writes in cgroup directories ---- */

enum {
	CGROUP_TEXT_MAX = 4096
}; /* longest control file that is read, except lists of PIDs and statistics */

/*
 * Reads at most size - 1 bytes, adds a NUL, and removes a final newline. Returns the length, or -1
 * with errno.
 */
ssize_t cgroup_read(int dirfd, const char *file, char *text, size_t size);
/* Writes text with one write(2). Returns 0, or -1 with errno. */
int cgroup_write(int dirfd, const char *file, const char *text);
/*
 * Finds `key NUMBER` at the start of a line of a flat-keyed file. Returns false if it is missing.
 */
bool cgroup_key(const char *text, const char *key, uint64_t *value);
/* Returns the start of the next line, or NULL. */
const char *cgroup_next_line(const char *text);
/* Returns true if the list, separated by the character, contains word. */
bool cgroup_word(const char *list, char separator, const char *word);

/* Calls each(context, dirfd, path) for the directory and everything below it, parents first. path
 * is relative to it, "" for itself. Skips directories that vanish. Stops at the first result that
 * isn't 0 and returns it. */
int cgroup_walk(int dirfd, int (*each)(void *context, int dirfd, const char *path), void *context);

/*
 * Waits until dirfd's cgroup.events has the line `key value`. Returns 0; or -1 with errno: ETIME
 * after so many milliseconds, ENOENT if the cgroup is gone.
 */
int cgroup_wait_event(int dirfd, const char *key, uint64_t value, int milliseconds);

/* Removes everything below dirfd. Returns 0; or -1 with errno, EBUSY if processes are left. */
int cgroup_remove_below(int dirfd);

/* ---- host.c: the hierarchies ---- */

/*
 * Fills in ->layout and ->hierarchies: name, mount, and, as directory, the caller's own cgroup
 * relative to the mount point. Returns 0 or -1.
 */
int cgroup_find_hierarchies(struct cgroup *cgroup, struct error *err);

/*
 * Returns the hierarchy with this controller on this host; *v2: whether it has the v2 interface.
 * NULL if there is none. "" and "cgroup" stand for the core files of the v2 hierarchy.
 */
struct cgroup_hierarchy *cgroup_of_controller(
	struct cgroup *cgroup, const char *controller, bool *v2);
struct cgroup_hierarchy *cgroup_unified(struct cgroup *cgroup);
/* Returns the v2 hierarchy's controllers, separated by spaces; reads them once. */
const char *cgroup_v2_controllers(struct cgroup *cgroup);

/*
 * Returns the path of a process's cgroup in the v2 hierarchy, which the caller frees; NULL if there
 * is none.
 */
char *cgroup_v2_path(pid_t pid);

/* Returns the value of an annotation, or NULL. annotations may be NULL. */
const char *cgroup_annotation(const string_map *annotations, const char *key);

/* Returns the fd of the directory, opening it if needed, or -1. The hierarchy owns it. */
int cgroup_directory(struct cgroup_hierarchy *hierarchy, struct error *err);

/* ---- resources.c: properties as values of files ---- */

struct setting {
	const char *controller; /* "memory"; v1's name, or v2's in the v2 hierarchy */
	bool v2;
	const char *file, *value;
	const char *property; /* relative to `resources`, "/memory/limit" */
	bool optional;        /* a missing file is no error */
	int group;            /* enum setting_group */
};

/*
 * Consecutive settings of one group belong together. The kernel may require another order, so
 * settings that fail are tried again after the others.
 */
enum setting_group {
	GROUP_NONE,
	GROUP_MEMORY,
	GROUP_CPU,
	GROUP_REALTIME,
	GROUP_WEIGHT,
	GROUP_EITHER /* from here on, a group is two files for one purpose, of which one suffices */
};

/*
 * Lists every limit in resources, except devices, in the order of writing, in the cgroup's arena.
 * update: the cgroup already has processes and limits. document: prefix of properties in errors,
 * "/linux/resources". Returns 0, or -1 if the cgroup's interface has no file for a property.
 */
int resources_settings(struct cgroup *cgroup, const struct oci_resources *resources,
	const char *document, bool update, setting_list *settings, struct error *err);

/* ---- apply.c: writing settings ---- */

/*
 * Writes the settings in order. undo: NULL; or receives the files' previous values, in the order of
 * writing, in the cgroup's arena. Stops at the first refusal, which the error explains; earlier
 * writes stay. Returns 0 or -1.
 */
int settings_apply(struct cgroup *cgroup, const setting_list *settings, const char *document,
	setting_list *undo, struct error *err);
/* Writes back what settings_apply() recorded. Logs what the kernel refuses. */
void settings_revert(struct cgroup *cgroup, const setting_list *undo);

/* ---- refusals.c: why the kernel refused (base/explain.h) ---- */

/* Iterates from a cgroup to the root of its hierarchy. */
struct cgroup_above {
	const char *mount;
	char *directory;
	int fd; /* O_PATH fd of directory, or -1 */
};
/*
 * Starts at the cgroup `directory` of the hierarchy mounted at `mount`; end with
 * cgroup_above_end().
 */
void cgroup_above_begin(struct cgroup_above *above, const char *mount, const char *directory);
/* Goes one step up. Returns false at the root. */
bool cgroup_above(struct cgroup_above *above);
void cgroup_above_end(struct cgroup_above *above);

/* A write to a cgroup's file. */
struct cgroup_write {
	const struct cgroup_hierarchy *hierarchy; /* NULL: no hierarchy has the controller */
	int fd;                                   /* fd of the cgroup's directory, or -1 */
	const char *controller, *file, *value;
	bool v2;
};
/* Appends the hint to err, whose code is write(2)'s errno. Returns -1. */
int cgroup_explain_write(const struct cgroup_write *write, struct error *err);
/*
 * entry_refusals.c: sets err for a process (0: the caller) that couldn't enter a cgroup, with errno
 * and its cause. Returns -1.
 */
int cgroup_entry_error(const struct cgroup_hierarchy *hierarchy, pid_t pid, struct error *err);
/* Appends the hint for a directory that couldn't be created. Returns -1. */
int cgroup_explain_make(
	const struct cgroup_hierarchy *hierarchy, const char *directory, struct error *err);

/* Convert weights of v1 (cpu.shares; blkio.weight) to those of v2 (weights.c). */
uint64_t weight_of_cpu_shares(uint64_t shares);
uint64_t weight_of_blkio_weight(uint64_t weight);

struct device_exceptions;

/* ---- systemd.c: the unit, through hull-systemd ---- */
int systemd_create(struct cgroup *cgroup, const struct cgroup_request *request,
	const setting_list *settings, struct error *err);
int systemd_ready(struct cgroup *cgroup, struct error *err);
int systemd_enter(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err);
int systemd_update(struct cgroup *cgroup, const setting_list *settings,
	const struct oci_resources *resources, const string_map *annotations, struct error *err);
/* Stops the unit. Its cgroup must have no processes. Returns 0 or -1. */
int systemd_stop(struct cgroup *cgroup, struct error *err);
void systemd_close(struct cgroup *cgroup);

/*
 * Returns the unit name for "slice:prefix:name", as in runc's docs/systemd.md, and its slice in
 * *slice; both in arena. Returns NULL with err if the path has another form.
 */
const char *systemd_unit_name(struct arena *arena, const char *cgroups_path, const char *id,
	bool user, const char **slice, struct error *err);
/* Appends systemd's properties for the settings. */
void systemd_properties(const setting_list *settings, struct buf *request);
/* Appends the annotations org.systemd.property.NAME unchanged; hull-systemd parses them. */
void systemd_annotations(const string_map *annotations, struct buf *request);

/* ---- devices.c ---- */

/* One decoded rule: which devices and accesses it matches, and whether it allows them. */
struct device_match {
	char type;            /* 'b', 'c', or 'a' for both */
	int64_t major, minor; /* -1: any */
	unsigned access;      /* DEVICE_... */
	bool allow;
};
enum {
	DEVICE_MKNOD = 1,
	DEVICE_READ = 2,
	DEVICE_WRITE = 4,
	DEVICE_ALL = 7
}; /* as in linux/bpf.h */
typedef LIST(struct device_match) device_rules;

/*
 * Decodes the configuration's rules and appends the default devices, unless an annotation disables
 * them. Drops rules hidden by later ones. For each kind of access the last matching rule decides;
 * without one it is denied. Returns 0 or -1.
 */
int device_rules_read(struct arena *arena, const struct oci_resources *resources,
	const string_map *annotations, device_rules *rules, struct error *err);
/*
 * The same rules for a v1 devices cgroup: a default and exceptions. Fails if v1 can't express the
 * rules.
 */
struct device_exceptions {
	bool allow; /* the default */
	device_rules list;
};
int device_exceptions_read(struct arena *arena, const device_rules *rules,
	struct device_exceptions *exceptions, struct error *err);

/* Writes the rules to the devices cgroup; update: replaces earlier ones. Returns 0 or -1. */
int devices_apply_v1(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy,
	const device_rules *rules, bool update, struct error *err);

/* ---- devices_bpf.c ---- */
struct bpf_insn;
size_t devices_program(const device_rules *rules, struct bpf_insn **program); /* the caller frees */
int devices_apply_v2(int cgroup_fd, const device_rules *rules, bool update, struct error *err);

/*
 * ---- v2.c, v1.c: creating one hierarchy's directory ----
 * On entry hierarchy->fd is the mount point and ->directory the caller's own cgroup; on success
 * both are the new cgroup, and ->made counts its new path components. On failure ->made is the
 * number of components that the caller must remove.
 */

/*
 * Creates the directory, checks that it is empty and not frozen, and enables the controllers that
 * the settings need; all: every controller of the host. Returns 0 or -1.
 */
int v2_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	const setting_list *settings, bool all, struct error *err);
/* Enables the controllers that new limits of an existing cgroup need. Returns 0 or -1. */
int v2_enable(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy,
	const setting_list *settings, const char *document, struct error *err);
int v1_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	const setting_list *settings, struct error *err);

/* ---- make.c ---- */

/* Attaches the device rules; update: replaces earlier ones. Returns 0 or -1. */
int cgroup_apply_devices(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, bool update, struct error *err);

/*
 * Creates the directory in every hierarchy, sets the limits, attaches the device program. path: the
 * request's; or, with the systemd manager, the unit's, whose directories already exist in systemd's
 * hierarchies. Returns 0 or -1.
 */
int cgroup_make_all(struct cgroup *cgroup, const struct cgroup_request *request, const char *path,
	const setting_list *settings, struct error *err);

/*
 * Writes pid to cgroup.procs in every hierarchy except the one that it was cloned into. Returns 0
 * or -1.
 */
int cgroup_enter_hierarchies(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err);

/* ---- directory.c ---- */

/* mkdir -p path below hierarchy->fd, which becomes the new directory. Returns 0 or -1. */
int cgroup_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	struct error *err);
/* Removes the last `made` components of an absolute path. Ignores errors. */
void cgroup_unmake(const char *directory, unsigned made);
