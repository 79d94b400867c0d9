/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * config.json as typed structs, one for each object of the OCI runtime-spec 1.3 (config.md,
 * config-linux.md), members named as its properties. Strings and lists live in the config's arena.
 * A pointer, string or LIST is NULL where the property is absent.
 */
#pragma once
#include "base/json/json.h"
#include "base/mem.h"

/* Accepted versions of the specification. */
#define OCI_VERSION_MIN "1.0.0"
#define OCI_VERSION_MAX "1.3.0"

#undef linux /* gnu17 defines it as 1; here it is a member */

struct string_pair {
	const char *key;
	const char *value;
};
typedef LIST(const char *) string_list;
typedef LIST(struct string_pair) string_map;

/* ---- process ---- */
struct oci_box {
	uint32_t height, width;
};

struct oci_user {
	uint32_t uid, gid;
	struct opt_uint32 umask;
	LIST(uint32_t) additional_gids;
};

struct oci_capabilities {
	string_list bounding, effective, inheritable, permitted, ambient;
};

struct oci_rlimit {
	const char *type;
	uint64_t soft, hard;
};

struct oci_scheduler {
	const char *policy;
	int32_t nice;
	int32_t priority;
	string_list flags;
	uint64_t runtime, deadline, period;
};

struct oci_io_priority {
	const char *class;
	int32_t priority;
};

struct oci_exec_cpu_affinity {
	const char *initial, *final;
};

struct oci_process {
	bool terminal;
	struct oci_box *console_size;
	struct oci_user user;
	string_list args;
	const char *command_line; /* Windows only */
	string_list env;
	const char *cwd;
	struct oci_capabilities *capabilities;
	LIST(struct oci_rlimit) rlimits;
	bool no_new_privileges;
	const char *apparmor_profile;
	const char *selinux_label;
	struct opt_int32 oom_score_adj;
	struct oci_scheduler *scheduler;
	struct oci_io_priority *io_priority;
	struct oci_exec_cpu_affinity *exec_cpu_affinity;
};

/* ---- root, mounts, hooks ---- */
struct oci_root {
	const char *path;
	bool readonly;
};

struct oci_id_mapping {
	uint32_t container_id, host_id, size;
};
typedef LIST(struct oci_id_mapping) oci_id_mappings;

struct oci_mount {
	const char *destination, *type, *source;
	string_list options;
	oci_id_mappings uid_mappings, gid_mappings;
};

struct oci_hook {
	const char *path;
	string_list args, env;
	struct opt_int64 timeout; /* seconds */
};
typedef LIST(struct oci_hook) oci_hook_list;

struct oci_hooks {
	oci_hook_list prestart, create_runtime, create_container, start_container, poststart,
		poststop;
};

/* ---- linux ---- */
enum oci_namespace_type {
	NAMESPACE_PID = 1,
	NAMESPACE_NETWORK,
	NAMESPACE_MOUNT,
	NAMESPACE_IPC,
	NAMESPACE_UTS,
	NAMESPACE_USER,
	NAMESPACE_CGROUP,
	NAMESPACE_TIME,
	NAMESPACE_TYPES
};
extern const char *const namespace_type_names[]; /* index type - 1, NULL-terminated */

struct oci_namespace {
	int type;
	const char *path;
};

struct oci_device {
	const char *path, *type;
	struct opt_int64 major, minor; /* set for all types but p */
	struct opt_uint32 file_mode, uid, gid;
};

struct oci_device_rule {
	bool allow;
	const char *type;
	struct opt_int64 major, minor;
	const char *access;
};
typedef LIST(struct oci_device_rule) oci_device_rule_list;

struct oci_memory_resources {
	struct opt_int64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_uint64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct oci_cpu_resources {
	struct opt_uint64 shares;
	struct opt_int64 quota;
	struct opt_uint64 burst, period;
	struct opt_int64 realtime_runtime;
	struct opt_uint64 realtime_period;
	const char *cpus, *mems;
	struct opt_int64 idle;
};

struct oci_pids_resources {
	struct opt_int64 limit;
};

struct oci_weight_device {
	int64_t major, minor;
	struct opt_uint16 weight, leaf_weight;
};
struct oci_throttle_device {
	int64_t major, minor;
	uint64_t rate;
};
typedef LIST(struct oci_throttle_device) oci_throttle_list;

struct oci_block_io {
	struct opt_uint16 weight, leaf_weight;
	LIST(struct oci_weight_device) weight_device;
	oci_throttle_list throttle_read_bps_device, throttle_write_bps_device,
		throttle_read_iops_device, throttle_write_iops_device;
};

struct oci_hugepage_limit {
	const char *page_size;
	uint64_t limit;
};
struct oci_interface_priority {
	const char *name;
	uint32_t priority;
};
struct oci_network_resources {
	struct opt_uint32 class_id;
	LIST(struct oci_interface_priority) priorities;
};
struct oci_rdma {
	struct opt_uint32 hca_handles, hca_objects;
};
struct oci_rdma_entry {
	const char *key;
	struct oci_rdma value;
};

struct oci_resources {
	oci_device_rule_list devices;
	struct oci_memory_resources *memory;
	struct oci_cpu_resources *cpu;
	struct oci_pids_resources *pids;
	struct oci_block_io *block_io;
	LIST(struct oci_hugepage_limit) hugepage_limits;
	struct oci_network_resources *network;
	LIST(struct oci_rdma_entry) rdma;
	string_map unified;
};

struct oci_time_offset {
	int64_t secs;
	uint32_t nanosecs;
};
struct oci_time_offset_entry {
	const char *key;
	struct oci_time_offset value;
};

struct oci_net_device {
	const char *name;
};
struct oci_net_device_entry {
	const char *key;
	struct oci_net_device value;
};

enum oci_seccomp_action {
	SECCOMP_ACTION_KILL = 1,
	SECCOMP_ACTION_KILL_PROCESS,
	SECCOMP_ACTION_KILL_THREAD,
	SECCOMP_ACTION_TRAP,
	SECCOMP_ACTION_ERRNO,
	SECCOMP_ACTION_TRACE,
	SECCOMP_ACTION_ALLOW,
	SECCOMP_ACTION_LOG,
	SECCOMP_ACTION_NOTIFY
};
enum oci_seccomp_operator {
	SECCOMP_OP_NE = 1,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ
};
extern const char *const seccomp_action_names[];   /* SCMP_ACT_..., index action - 1 */
extern const char *const seccomp_operator_names[]; /* SCMP_CMP_..., index operator - 1 */
extern const char *const seccomp_arch_names[];     /* SCMP_ARCH_... */
extern const char *const seccomp_flag_names[];     /* SECCOMP_FILTER_FLAG_... */

struct oci_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	int op;
};

struct oci_seccomp_rule {
	string_list names;
	int action;
	struct opt_uint32 errno_ret;
	LIST(struct oci_seccomp_arg) args;
};

struct oci_seccomp {
	int default_action;
	struct opt_uint32 default_errno_ret;
	LIST(int) architectures; /* 1 + index into seccomp_arch_names */
	LIST(int) flags;         /* 1 + index into seccomp_flag_names; v NULL: the default flags */
	const char *listener_path, *listener_metadata;
	LIST(struct oci_seccomp_rule) syscalls;
};

struct oci_intel_rdt {
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	string_list schemata;
	bool enable_monitoring;
};

struct oci_personality {
	const char *domain;
	string_list flags;
};

struct oci_memory_policy {
	const char *mode, *nodes;
	string_list flags;
};

struct oci_linux {
	oci_id_mappings uid_mappings, gid_mappings;
	string_map sysctl;
	struct oci_resources *resources;
	const char *cgroups_path;
	LIST(struct oci_namespace) namespaces;
	LIST(struct oci_device) devices;
	LIST(struct oci_net_device_entry) net_devices;
	LIST(struct oci_time_offset_entry) time_offsets;
	struct oci_seccomp *seccomp;
	const char *rootfs_propagation;
	string_list masked_paths, readonly_paths;
	const char *mount_label;
	struct oci_intel_rdt *intel_rdt;
	struct oci_personality *personality;
	struct oci_memory_policy *memory_policy;
};

struct oci_config {
	const char *oci_version;
	struct oci_root *root;
	struct oci_process *process;
	const char *hostname, *domainname;
	LIST(struct oci_mount) mounts;
	struct oci_hooks *hooks;
	string_map annotations;
	struct oci_linux *linux; /* never NULL after config_decode: an absent one is an empty one */
	struct arena arena;
};

extern const struct json_table config_table, process_table, resources_table, device_rule_table,
	seccomp_table;

/* The part of a configuration that `exec` needs. */
extern const struct json_table config_exec_table;

/*
 * Decodes and validates (spec/rules/validate.c) text. label names the document in errors. Free with
 * config_free() also after an error.
 */
int config_decode(struct oci_config *config, const char *label, const char *text, size_t len,
	struct error *err);

/*
 * config_decode() without validation: for a text that was validated before, or that the caller
 * completes first and then passes to config_validate().
 */
int config_read(struct oci_config *config, const char *label, const char *text, size_t len,
	struct error *err);

/*
 * config_read() with a /linux/seccomp that the caller knows already (see json_known). Returns 0 if
 * known->instead took the place of what config->linux->seccomp is decoded from; else -1, without a
 * reason.
 */
int config_read_around(
	struct oci_config *config, const char *text, size_t len, struct json_known *known);

/*
 * Decode and validate a process (`exec --process`) or resources (`update --resources`) alone.
 * Everything is in arena. label names the document in errors. Return 0 or -1.
 */
int config_decode_process(struct arena *arena, struct oci_process *process, const char *label,
	const char *text, size_t len, struct error *err);
int config_decode_resources(struct arena *arena, struct oci_resources *resources, const char *label,
	const char *text, size_t len, struct error *err);
/*
 * Decodes a list of mounts, or an object with `mounts`, which replaces the configuration's;
 * validates the result. Returns 0 or -1.
 */
int config_decode_mounts(struct oci_config *config, const char *label, const char *text, size_t len,
	struct error *err);
void config_free(struct oci_config *config);
#define cleanup_config __attribute__((cleanup(config_free)))

/* Writes the member "annotations", if there are any. */
void annotations_json(struct json_writer *w, const string_map *annotations);

/* Appends config as JSON, indented with tabs and without a final newline, like `runc spec`. */
void config_encode(struct buf *out, const struct oci_config *config);

/*
 * Fills in config for `spec`. rootless: maps uid and gid, the caller's. mapping: adds a user
 * namespace that maps container ID 0 to mapping->host_id; NULL: none. Free with config_free().
 */
void config_default(struct oci_config *config, bool rootless, uint32_t uid, uint32_t gid,
	const struct oci_id_mapping *mapping);

/* Adds a new namespace of a type that config doesn't have yet. */
void config_add_namespace(struct oci_config *config, enum oci_namespace_type type);

/* Adds a user namespace, if there is none, and sets maps of one line each. */
void config_add_user_namespace(struct oci_config *config, const struct oci_id_mapping *uids,
	const struct oci_id_mapping *gids);

/*
 * Returns the name of the mount option for /linux/mountLabel: context, unless an annotation names
 * another.
 */
const char *config_mount_context_type(const struct oci_config *config);

/*
 * Checks the meaning. The error has all violations, one per line. Called by config_decode().
 * Returns 0 or -1.
 */
int config_validate(const struct oci_config *config, const char *label, struct error *err);

/* The same for resources that don't come from a configuration. */
int config_validate_resources(
	const struct oci_resources *resources, const char *label, struct error *err);

/*
 * Converts a key of linux.sysctl to a path below /proc/sys, like sysctl(8): "net.ipv4.ip_forward"
 * and "net/ipv4/ip_forward" are the same, and in "net.ipv4.conf.eth0/1.forwarding" the interface is
 * eth0.1. Returns false for an invalid key.
 */
enum { SYSCTL_PATH_MAX = 256 };
bool sysctl_path(const char *key, char path[static SYSCTL_PATH_MAX]);

/* Returns the namespace that a key belongs to; 0: it is host-wide. */
enum oci_namespace_type sysctl_namespace(const char *key);

/* Returns the first namespace of that type, or NULL. */
const struct oci_namespace *config_namespace(
	const struct oci_config *config, enum oci_namespace_type type);

/* Returns true if the configuration creates a namespace of this type, rather than joining one. */
bool config_has_new_namespace(const struct oci_config *config, enum oci_namespace_type type);

/* Returns true if the configuration creates a user namespace and has mappings for it. */
bool config_has_new_user_maps(const struct oci_config *config);

/*
 * A process ended before the container's program ran: appends to err which property limits its
 * memory, if one does. Returns -1.
 */
int config_memory_hint(const struct oci_config *config, struct error *err) __attribute__((cold));

/* Returns the value of an annotation, or NULL. */
const char *config_annotation(const struct oci_config *config, const char *key);
