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
}; /* the longest control file that is read, except lists of PIDs and statistics */

/* Reads at most size - 1 bytes and ends them with a NUL; a line end at the end is cut. Returns the
 * length, -1 with errno. */
ssize_t cgroup_read(int dirfd, const char *file, char *text, size_t size);
/* One write. Returns 0 or -1 with errno. */
int cgroup_write(int dirfd, const char *file, const char *text);
/* The number after `key ` at the beginning of a line of a flat-keyed file. False when it isn't
 * there. */
bool cgroup_key(const char *text, const char *key, uint64_t *value);
/* Where the next line begins, or NULL. */
const char *cgroup_next_line(const char *text);
/* Whether word stands in a list of words, separated by the character. */
bool cgroup_word(const char *list, char separator, const char *word);

/* Calls each(context, dirfd, path) for the directory and everything below it, parents first. path
 * is relative to it, "" for itself. Skips directories that vanish. Stops at the first result that
 * isn't 0 and returns it. */
int cgroup_walk(int dirfd, int (*each)(void *context, int dirfd, const char *path), void *context);

/* Waits until the cgroup.events of dirfd has the line `key value`. Returns 0, or -1 with errno:
 * ETIME after that many milliseconds, ENOENT if the cgroup is gone. */
int cgroup_wait_event(int dirfd, const char *key, uint64_t value, int milliseconds);

/* Removes everything below dirfd. Returns 0, or -1 with errno: EBUSY if processes are left. */
int cgroup_remove_below(int dirfd);

/* ---- host.c: the hierarchies ---- */

/* Fills in ->layout and ->hierarchies (name, mount, and in directory the caller's own cgroup,
 * relative to the mount point). */
int cgroup_find_hierarchies(struct cgroup *cgroup, struct error *err);

/* The hierarchy that has this controller, as the host is set up; *v2 says with which interface.
 * NULL: none has it.
 * "" and "cgroup" are the v2 hierarchy's own files. */
struct cgroup_hierarchy *cgroup_of_controller(
	struct cgroup *cgroup, const char *controller, bool *v2);
struct cgroup_hierarchy *cgroup_unified(struct cgroup *cgroup);
/* The controllers of the v2 hierarchy, separated by spaces; read once. */
const char *cgroup_v2_controllers(struct cgroup *cgroup);

/* The path of a process's cgroup in the v2 hierarchy, to be freed; NULL when there is none. */
char *cgroup_v2_path(pid_t pid);

/* The value of an annotation or NULL. annotations may be NULL. */
const char *cgroup_annotation(const string_map *annotations, const char *key);

/* The open directory, or -1. */
int cgroup_directory(struct cgroup_hierarchy *hierarchy, struct error *err);

/* ---- resources.c: properties of the configuration as values of files ---- */

struct setting {
	const char *controller; /* "memory"; a v1 name, or a v2 name in the v2 hierarchy */
	bool v2;
	const char *file, *value;
	const char *property; /* below `resources`, "/memory/limit" */
	bool optional;        /* a missing file is no error */
	int group;            /* enum setting_group */
};

/* Neighbours of one group belong together: the kernel may want them in another order, so what fails
 * is tried again after the others. */
enum setting_group {
	GROUP_NONE,
	GROUP_MEMORY,
	GROUP_CPU,
	GROUP_REALTIME,
	GROUP_WEIGHT,
	GROUP_EITHER /* this and greater numbers: two files for one thing, one of which is enough */
};

/* Lists every limit in resources, except devices, in the order of writing, in the cgroup's arena.
 * update: the cgroup has processes and limits already. document: the prefix of properties in
 * errors, "/linux/resources". Returns 0, or -1 if the cgroup's interface has no file for a
 * property. */
int resources_settings(struct cgroup *cgroup, const struct oci_resources *resources,
	const char *document, bool update, setting_list *settings, struct error *err);

/* ---- apply.c: writing them ---- */

/* Writes the settings in their order. undo: NULL, or gets the values that the written files had
 * before, in the order of writing, in the arena of the cgroup. Stops at the first refusal, which
 * the error explains; what was written before stays written. */
int settings_apply(struct cgroup *cgroup, const setting_list *settings, const char *document,
	setting_list *undo, struct error *err);
/* Writes back what settings_apply() has noted. What the kernel doesn't take back is logged. */
void settings_revert(struct cgroup *cgroup, const setting_list *undo);

/* ---- refusals.c: why the kernel said no (base/explain.h) ---- */

/* The way from a cgroup up to the root of its hierarchy. */
struct cgroup_above {
	const char *mount;
	char *directory;
	int fd; /* of directory, O_PATH, or -1 */
};
void cgroup_above_begin(struct cgroup_above *above, const char *mount, const char *directory);
/* One step up. False at the root. */
bool cgroup_above(struct cgroup_above *above);
void cgroup_above_end(struct cgroup_above *above);

/* A write to a cgroup's file. */
struct cgroup_write {
	const struct cgroup_hierarchy *hierarchy; /* NULL: none has the controller */
	int fd;                                   /* the cgroup's directory, or -1 */
	const char *controller, *file, *value;
	bool v2;
};
/* The hint for err, whose code is what write(2) gave. Returns -1. */
int cgroup_explain_write(const struct cgroup_write *write, struct error *err);
/* entry_refusals.c: the whole error, from errno, for a process (0: the caller) that couldn't be put
 * into a cgroup. */
int cgroup_entry_error(const struct cgroup_hierarchy *hierarchy, pid_t pid, struct error *err);
/* The hint for a directory that couldn't be made. */
int cgroup_explain_make(
	const struct cgroup_hierarchy *hierarchy, const char *directory, struct error *err);

uint64_t cpu_shares_to_weight(uint64_t shares);
uint64_t blkio_weight_to_io_weight(uint64_t weight);

struct device_exceptions;

/* ---- systemd.c: the unit, by way of hull-systemd ---- */
int systemd_create(struct cgroup *cgroup, const struct cgroup_request *request,
	const setting_list *settings, struct error *err);
int systemd_ready(struct cgroup *cgroup, struct error *err);
int systemd_enter(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err);
int systemd_update(struct cgroup *cgroup, const setting_list *settings,
	const struct oci_resources *resources, const string_map *annotations, struct error *err);
/* Stops the unit; its cgroup must have no processes. */
int systemd_stop(struct cgroup *cgroup, struct error *err);
void systemd_close(struct cgroup *cgroup);

/* The name of the unit that "slice:prefix:name" means, as in runc's docs/systemd.md, and in *slice
 * the slice that it is in; both in arena. NULL with err set if the path is of another form. */
const char *systemd_unit_name(struct arena *arena, const char *cgroups_path, const char *id,
	bool user, const char **slice, struct error *err);
/* Appends the properties that say to systemd what settings say to cgroupfs. */
void systemd_properties(const setting_list *settings, struct buf *request);
/* Appends the annotations org.systemd.property.NAME as they are: hull-systemd reads them. */
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

/* Decodes the configuration's rules and appends the default devices, unless an annotation disables
 * them. Drops rules that later ones hide. For each kind of access the last matching rule decides;
 * an access that no rule matches is denied. */
int device_rules_read(struct arena *arena, const struct oci_resources *resources,
	const string_map *annotations, device_rules *rules, struct error *err);
/* The same in the form of a v1 devices cgroup: a default, and exceptions from it. Fails if v1 can't
 * express the rules. */
struct device_exceptions {
	bool allow; /* the default */
	device_rules list;
};
int device_exceptions_read(struct arena *arena, const device_rules *rules,
	struct device_exceptions *exceptions, struct error *err);

int devices_apply_v1(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy,
	const device_rules *rules, bool update, struct error *err);

/* ---- devices_bpf.c ---- */
struct bpf_insn;
size_t devices_program(const device_rules *rules, struct bpf_insn **program); /* the caller frees */
int devices_apply_v2(int cgroup_fd, const device_rules *rules, bool update, struct error *err);

/* ---- v2.c, v1.c: making one hierarchy's directory ----
 * On entry hierarchy->fd is the mount point and ->directory the caller's own cgroup; on success
 * both are the new cgroup, and ->made counts its new path components. On failure ->made is 0, or
 * how many components the caller must remove. */

/* Makes the directory, checks that it is empty and not frozen, and enables the controllers that the
 * settings need; with all, every controller of the host. */
int v2_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	const setting_list *settings, bool all, struct error *err);
/* Enables the controllers that new limits of an existing cgroup need. */
int v2_enable(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy,
	const setting_list *settings, const char *document, struct error *err);
int v1_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	const setting_list *settings, struct error *err);

/* ---- make.c ---- */

/* Attaches the rules for devices, in the place of earlier ones with update. */
int cgroup_apply_devices(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, bool update, struct error *err);

/* Makes the directory in every hierarchy, sets the limits, attaches the device program. path: the
 * request's or, with the systemd manager, the unit's, where the directories of systemd's
 * hierarchies are there already. */
int cgroup_make_all(struct cgroup *cgroup, const struct cgroup_request *request, const char *path,
	const setting_list *settings, struct error *err);

/* Writes pid to cgroup.procs in every hierarchy except the one that it was cloned into. */
int cgroup_enter_hierarchies(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err);

/* ---- directory.c ---- */

/* mkdir -p path below hierarchy->fd; hierarchy->fd becomes the new directory. */
int cgroup_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	struct error *err);
/* Removes the last `made` components of an absolute path. Ignores errors. */
void cgroup_unmake(const char *directory, unsigned made);
