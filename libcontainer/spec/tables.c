/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of config.json: every property that the OCI runtime-spec 1.3 defines for Linux
 * (config.md, config-linux.md). `required` means that the specification's schema or text calls the
 * property REQUIRED in that object; conditions on other properties are in rules/. Sections for
 * other platforms (windows, zos, vm, ...) are unknown properties and ignored.
 */
#include <string.h>

#include "spec/config.h"
#include "spec/internal.h"

#define REQUIRED .required = true
#define OPTIONAL .empty_is_absent = true
#define STRING(T, member, name, ...) FIELD(T, member, name, JSON_STRING, __VA_ARGS__)
#define STRINGS(T, member, name, ...) FIELD_LIST(T, member, name, JSON_STRING, __VA_ARGS__)
#define STRING_MAP(T, member, name) FIELD_MAP(T, member, name, JSON_STRING)
#define OBJECT(T, member, name, of, ...) \
	FIELD(T, member, name, JSON_POINTER, .table = &(of), __VA_ARGS__)
#define OBJECTS(T, member, name, of, ...) \
	FIELD_LIST(T, member, name, JSON_OBJECT, .table = &(of), __VA_ARGS__)
#define TABLE(type_name, T, of)                                    \
	{                                                          \
		.name = type_name, .size = sizeof(T), .fields = of \
	}

/* ---- process ---- */

static const struct json_field box_fields[] = {
	FIELD(struct oci_box, height, "height", JSON_UINT32, REQUIRED),
	FIELD(struct oci_box, width, "width", JSON_UINT32, REQUIRED),
	FIELD_END,
};
static const struct json_table box_table = TABLE("Box", struct oci_box, box_fields);

static const struct json_field user_fields[] = {
	FIELD(struct oci_user, uid, "uid", JSON_UINT32, .always = true),
	FIELD(struct oci_user, gid, "gid", JSON_UINT32, .always = true),
	FIELD(struct oci_user, umask, "umask", JSON_OPT_UINT32),
	FIELD_LIST(struct oci_user, additional_gids, "additionalGids", JSON_UINT32),
	FIELD_END,
};
static const struct json_table user_table = TABLE("User", struct oci_user, user_fields);

static const struct json_field capabilities_fields[] = {
	STRINGS(struct oci_capabilities, bounding, "bounding"),
	STRINGS(struct oci_capabilities, effective, "effective"),
	STRINGS(struct oci_capabilities, inheritable, "inheritable"),
	STRINGS(struct oci_capabilities, permitted, "permitted"),
	STRINGS(struct oci_capabilities, ambient, "ambient"),
	FIELD_END,
};
static const struct json_table capabilities_table =
	TABLE("LinuxCapabilities", struct oci_capabilities, capabilities_fields);

static const struct json_field rlimit_fields[] = {
	STRING(struct oci_rlimit, type, "type", REQUIRED),
	FIELD(struct oci_rlimit, hard, "hard", JSON_UINT64, REQUIRED),
	FIELD(struct oci_rlimit, soft, "soft", JSON_UINT64, REQUIRED),
	FIELD_END,
};
static const struct json_table rlimit_table =
	TABLE("POSIXRlimit", struct oci_rlimit, rlimit_fields);

static const struct json_field scheduler_fields[] = {
	STRING(struct oci_scheduler, policy, "policy", REQUIRED),
	FIELD(struct oci_scheduler, nice, "nice", JSON_INT32),
	FIELD(struct oci_scheduler, priority, "priority", JSON_INT32),
	STRINGS(struct oci_scheduler, flags, "flags"),
	FIELD(struct oci_scheduler, runtime, "runtime", JSON_UINT64),
	FIELD(struct oci_scheduler, deadline, "deadline", JSON_UINT64),
	FIELD(struct oci_scheduler, period, "period", JSON_UINT64),
	FIELD_END,
};
static const struct json_table scheduler_table =
	TABLE("Scheduler", struct oci_scheduler, scheduler_fields);

static const struct json_field io_priority_fields[] = {
	STRING(struct oci_io_priority, class, "class", REQUIRED),
	FIELD(struct oci_io_priority, priority, "priority", JSON_INT32, .always = true),
	FIELD_END,
};
static const struct json_table io_priority_table =
	TABLE("LinuxIOPriority", struct oci_io_priority, io_priority_fields);

static const struct json_field exec_cpu_affinity_fields[] = {
	STRING(struct oci_exec_cpu_affinity, initial, "initial", OPTIONAL),
	STRING(struct oci_exec_cpu_affinity, final, "final", OPTIONAL),
	FIELD_END,
};
static const struct json_table exec_cpu_affinity_table =
	TABLE("CPUAffinity", struct oci_exec_cpu_affinity, exec_cpu_affinity_fields);

static const struct json_field process_fields[] = {
	FIELD(struct oci_process, terminal, "terminal", JSON_BOOL),
	OBJECT(struct oci_process, console_size, "consoleSize", box_table),
	FIELD(struct oci_process, user, "user", JSON_OBJECT, .table = &user_table),
	STRINGS(struct oci_process, args, "args"),
	STRING(struct oci_process, command_line, "commandLine", OPTIONAL),
	STRINGS(struct oci_process, env, "env"),
	STRING(struct oci_process, cwd, "cwd", REQUIRED),
	OBJECT(struct oci_process, capabilities, "capabilities", capabilities_table),
	OBJECTS(struct oci_process, rlimits, "rlimits", rlimit_table),
	FIELD(struct oci_process, no_new_privileges, "noNewPrivileges", JSON_BOOL),
	STRING(struct oci_process, apparmor_profile, "apparmorProfile", OPTIONAL),
	STRING(struct oci_process, selinux_label, "selinuxLabel", OPTIONAL),
	FIELD(struct oci_process, oom_score_adj, "oomScoreAdj", JSON_OPT_INT32),
	OBJECT(struct oci_process, scheduler, "scheduler", scheduler_table),
	OBJECT(struct oci_process, io_priority, "ioPriority", io_priority_table),
	OBJECT(struct oci_process, exec_cpu_affinity, "execCPUAffinity", exec_cpu_affinity_table),
	FIELD_END,
};
const struct json_table process_table = TABLE("Process", struct oci_process, process_fields);

/* ---- root, mounts, hooks ---- */

static const struct json_field root_fields[] = {
	STRING(struct oci_root, path, "path", REQUIRED, .not_empty = true),
	FIELD(struct oci_root, readonly, "readonly", JSON_BOOL),
	FIELD_END,
};
static const struct json_table root_table = TABLE("Root", struct oci_root, root_fields);

static const struct json_field id_mapping_fields[] = {
	FIELD(struct oci_id_mapping, container_id, "containerID", JSON_UINT32, REQUIRED),
	FIELD(struct oci_id_mapping, host_id, "hostID", JSON_UINT32, REQUIRED),
	FIELD(struct oci_id_mapping, size, "size", JSON_UINT32, REQUIRED),
	FIELD_END,
};
static const struct json_table id_mapping_table =
	TABLE("LinuxIDMapping", struct oci_id_mapping, id_mapping_fields);

static const struct json_field mount_fields[] = {
	STRING(struct oci_mount, destination, "destination", REQUIRED, .not_empty = true),
	STRING(struct oci_mount, type, "type", OPTIONAL),
	STRING(struct oci_mount, source, "source", OPTIONAL),
	STRINGS(struct oci_mount, options, "options"),
	OBJECTS(struct oci_mount, uid_mappings, "uidMappings", id_mapping_table),
	OBJECTS(struct oci_mount, gid_mappings, "gidMappings", id_mapping_table),
	FIELD_END,
};
static const struct json_table mount_table = TABLE("Mount", struct oci_mount, mount_fields);

static const struct json_field hook_fields[] = {
	STRING(struct oci_hook, path, "path", REQUIRED),
	STRINGS(struct oci_hook, args, "args"),
	STRINGS(struct oci_hook, env, "env"),
	FIELD(struct oci_hook, timeout, "timeout", JSON_OPT_INT64),
	FIELD_END,
};
static const struct json_table hook_table = TABLE("Hook", struct oci_hook, hook_fields);

static const struct json_field hooks_fields[] = {
	OBJECTS(struct oci_hooks, prestart, "prestart", hook_table),
	OBJECTS(struct oci_hooks, create_runtime, "createRuntime", hook_table),
	OBJECTS(struct oci_hooks, create_container, "createContainer", hook_table),
	OBJECTS(struct oci_hooks, start_container, "startContainer", hook_table),
	OBJECTS(struct oci_hooks, poststart, "poststart", hook_table),
	OBJECTS(struct oci_hooks, poststop, "poststop", hook_table),
	FIELD_END,
};
static const struct json_table hooks_table = TABLE("Hooks", struct oci_hooks, hooks_fields);

/* ---- resources ---- */

static const struct json_field device_rule_fields[] = {
	FIELD(struct oci_device_rule, allow, "allow", JSON_BOOL, REQUIRED),
	STRING(struct oci_device_rule, type, "type", OPTIONAL),
	FIELD(struct oci_device_rule, major, "major", JSON_OPT_INT64),
	FIELD(struct oci_device_rule, minor, "minor", JSON_OPT_INT64),
	STRING(struct oci_device_rule, access, "access", OPTIONAL),
	FIELD_END,
};
const struct json_table device_rule_table =
	TABLE("LinuxDeviceCgroup", struct oci_device_rule, device_rule_fields);

static const struct json_field memory_fields[] = {
	FIELD(struct oci_memory_resources, limit, "limit", JSON_OPT_INT64),
	FIELD(struct oci_memory_resources, reservation, "reservation", JSON_OPT_INT64),
	FIELD(struct oci_memory_resources, swap, "swap", JSON_OPT_INT64),
	FIELD(struct oci_memory_resources, kernel, "kernel", JSON_OPT_INT64),
	FIELD(struct oci_memory_resources, kernel_tcp, "kernelTCP", JSON_OPT_INT64),
	FIELD(struct oci_memory_resources, swappiness, "swappiness", JSON_OPT_UINT64),
	FIELD(struct oci_memory_resources, disable_oom_killer, "disableOOMKiller", JSON_OPT_BOOL),
	FIELD(struct oci_memory_resources, use_hierarchy, "useHierarchy", JSON_OPT_BOOL),
	FIELD(struct oci_memory_resources, check_before_update, "checkBeforeUpdate", JSON_OPT_BOOL),
	FIELD_END,
};
static const struct json_table memory_table =
	TABLE("LinuxMemory", struct oci_memory_resources, memory_fields);

static const struct json_field cpu_fields[] = {
	FIELD(struct oci_cpu_resources, shares, "shares", JSON_OPT_UINT64),
	FIELD(struct oci_cpu_resources, quota, "quota", JSON_OPT_INT64),
	FIELD(struct oci_cpu_resources, burst, "burst", JSON_OPT_UINT64),
	FIELD(struct oci_cpu_resources, period, "period", JSON_OPT_UINT64),
	FIELD(struct oci_cpu_resources, realtime_runtime, "realtimeRuntime", JSON_OPT_INT64),
	FIELD(struct oci_cpu_resources, realtime_period, "realtimePeriod", JSON_OPT_UINT64),
	STRING(struct oci_cpu_resources, cpus, "cpus", OPTIONAL),
	STRING(struct oci_cpu_resources, mems, "mems", OPTIONAL),
	FIELD(struct oci_cpu_resources, idle, "idle", JSON_OPT_INT64),
	FIELD_END,
};
static const struct json_table cpu_table = TABLE("LinuxCPU", struct oci_cpu_resources, cpu_fields);

static const struct json_field pids_fields[] = {
	FIELD(struct oci_pids_resources, limit, "limit", JSON_OPT_INT64, REQUIRED),
	FIELD_END,
};
static const struct json_table pids_table =
	TABLE("LinuxPids", struct oci_pids_resources, pids_fields);

static const struct json_field weight_device_fields[] = {
	FIELD(struct oci_weight_device, major, "major", JSON_INT64, REQUIRED),
	FIELD(struct oci_weight_device, minor, "minor", JSON_INT64, REQUIRED),
	FIELD(struct oci_weight_device, weight, "weight", JSON_OPT_UINT16),
	FIELD(struct oci_weight_device, leaf_weight, "leafWeight", JSON_OPT_UINT16),
	FIELD_END,
};
static const struct json_table weight_device_table =
	TABLE("LinuxWeightDevice", struct oci_weight_device, weight_device_fields);

static const struct json_field throttle_device_fields[] = {
	FIELD(struct oci_throttle_device, major, "major", JSON_INT64, REQUIRED),
	FIELD(struct oci_throttle_device, minor, "minor", JSON_INT64, REQUIRED),
	FIELD(struct oci_throttle_device, rate, "rate", JSON_UINT64, REQUIRED),
	FIELD_END,
};
static const struct json_table throttle_device_table =
	TABLE("LinuxThrottleDevice", struct oci_throttle_device, throttle_device_fields);

static const struct json_field block_io_fields[] = {
	FIELD(struct oci_block_io, weight, "weight", JSON_OPT_UINT16),
	FIELD(struct oci_block_io, leaf_weight, "leafWeight", JSON_OPT_UINT16),
	OBJECTS(struct oci_block_io, weight_device, "weightDevice", weight_device_table),
	OBJECTS(struct oci_block_io, throttle_read_bps_device, "throttleReadBpsDevice",
		throttle_device_table),
	OBJECTS(struct oci_block_io, throttle_write_bps_device, "throttleWriteBpsDevice",
		throttle_device_table),
	OBJECTS(struct oci_block_io, throttle_read_iops_device, "throttleReadIOPSDevice",
		throttle_device_table),
	OBJECTS(struct oci_block_io, throttle_write_iops_device, "throttleWriteIOPSDevice",
		throttle_device_table),
	FIELD_END,
};
static const struct json_table block_io_table =
	TABLE("LinuxBlockIO", struct oci_block_io, block_io_fields);

static const struct json_field hugepage_limit_fields[] = {
	STRING(struct oci_hugepage_limit, page_size, "pageSize", REQUIRED),
	FIELD(struct oci_hugepage_limit, limit, "limit", JSON_UINT64, REQUIRED),
	FIELD_END,
};
static const struct json_table hugepage_limit_table =
	TABLE("LinuxHugepageLimit", struct oci_hugepage_limit, hugepage_limit_fields);

static const struct json_field interface_priority_fields[] = {
	STRING(struct oci_interface_priority, name, "name", REQUIRED),
	FIELD(struct oci_interface_priority, priority, "priority", JSON_UINT32, REQUIRED),
	FIELD_END,
};
static const struct json_table interface_priority_table =
	TABLE("LinuxInterfacePriority", struct oci_interface_priority, interface_priority_fields);

static const struct json_field network_fields[] = {
	FIELD(struct oci_network_resources, class_id, "classID", JSON_OPT_UINT32),
	OBJECTS(struct oci_network_resources, priorities, "priorities", interface_priority_table),
	FIELD_END,
};
static const struct json_table network_table =
	TABLE("LinuxNetwork", struct oci_network_resources, network_fields);

static const struct json_field rdma_fields[] = {
	FIELD(struct oci_rdma, hca_handles, "hcaHandles", JSON_OPT_UINT32),
	FIELD(struct oci_rdma, hca_objects, "hcaObjects", JSON_OPT_UINT32),
	FIELD_END,
};
static const struct json_table rdma_table = TABLE("LinuxRdma", struct oci_rdma, rdma_fields);

static const struct json_field resources_fields[] = {
	OBJECTS(struct oci_resources, devices, "devices", device_rule_table),
	OBJECT(struct oci_resources, memory, "memory", memory_table),
	OBJECT(struct oci_resources, cpu, "cpu", cpu_table),
	OBJECT(struct oci_resources, pids, "pids", pids_table),
	OBJECT(struct oci_resources, block_io, "blockIO", block_io_table),
	OBJECTS(struct oci_resources, hugepage_limits, "hugepageLimits", hugepage_limit_table),
	OBJECT(struct oci_resources, network, "network", network_table),
	FIELD_MAP(struct oci_resources, rdma, "rdma", JSON_OBJECT, .table = &rdma_table),
	STRING_MAP(struct oci_resources, unified, "unified"),
	FIELD_END,
};
const struct json_table resources_table =
	TABLE("LinuxResources", struct oci_resources, resources_fields);

/* ---- seccomp ---- */

const char *const seccomp_action_names[] = {
	"SCMP_ACT_KILL",
	"SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD",
	"SCMP_ACT_TRAP",
	"SCMP_ACT_ERRNO",
	"SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW",
	"SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",
	NULL,
};

const char *const seccomp_operator_names[] = {
	"SCMP_CMP_NE",
	"SCMP_CMP_LT",
	"SCMP_CMP_LE",
	"SCMP_CMP_EQ",
	"SCMP_CMP_GE",
	"SCMP_CMP_GT",
	"SCMP_CMP_MASKED_EQ",
	NULL,
};

const char *const seccomp_arch_names[] = {
	"SCMP_ARCH_X86",
	"SCMP_ARCH_X86_64",
	"SCMP_ARCH_X32",
	"SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64",
	"SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_M68K",
	"SCMP_ARCH_MIPS",
	"SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",
	"SCMP_ARCH_MIPSEL64",
	"SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE",
	"SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",
	"SCMP_ARCH_SH",
	"SCMP_ARCH_SHEB",
	"SCMP_ARCH_PARISC",
	"SCMP_ARCH_PARISC64",
	"SCMP_ARCH_RISCV64",
	NULL,
};

const char *const seccomp_flag_names[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};

static const struct json_field seccomp_arg_fields[] = {
	FIELD(struct oci_seccomp_arg, index, "index", JSON_UINT32, REQUIRED),
	FIELD(struct oci_seccomp_arg, value, "value", JSON_UINT64, REQUIRED),
	FIELD(struct oci_seccomp_arg, value_two, "valueTwo", JSON_UINT64),
	FIELD(struct oci_seccomp_arg, op, "op", JSON_ENUM, REQUIRED,
		.names = seccomp_operator_names),
	FIELD_END,
};
static const struct json_table seccomp_arg_table =
	TABLE("LinuxSeccompArg", struct oci_seccomp_arg, seccomp_arg_fields);

static const struct json_field seccomp_rule_fields[] = {
	STRINGS(struct oci_seccomp_rule, names, "names", REQUIRED, .not_empty = true),
	FIELD(struct oci_seccomp_rule, action, "action", JSON_ENUM, REQUIRED,
		.names = seccomp_action_names),
	FIELD(struct oci_seccomp_rule, errno_ret, "errnoRet", JSON_OPT_UINT32),
	OBJECTS(struct oci_seccomp_rule, args, "args", seccomp_arg_table),
	FIELD_END,
};
static const struct json_table seccomp_rule_table =
	TABLE("LinuxSyscall", struct oci_seccomp_rule, seccomp_rule_fields);

static const struct json_field seccomp_fields[] = {
	FIELD(struct oci_seccomp, default_action, "defaultAction", JSON_ENUM, REQUIRED,
		.names = seccomp_action_names),
	FIELD(struct oci_seccomp, default_errno_ret, "defaultErrnoRet", JSON_OPT_UINT32),
	FIELD_LIST(struct oci_seccomp, architectures, "architectures", JSON_ENUM,
		.names = seccomp_arch_names),
	FIELD_LIST(struct oci_seccomp, flags, "flags", JSON_ENUM, .names = seccomp_flag_names),
	STRING(struct oci_seccomp, listener_path, "listenerPath", OPTIONAL),
	STRING(struct oci_seccomp, listener_metadata, "listenerMetadata", OPTIONAL),
	OBJECTS(struct oci_seccomp, syscalls, "syscalls", seccomp_rule_table),
	FIELD_END,
};
const struct json_table seccomp_table = TABLE("LinuxSeccomp", struct oci_seccomp, seccomp_fields);

/* ---- linux ---- */

const char *const namespace_type_names[] = { "pid", "network", "mount", "ipc", "uts", "user",
	"cgroup", "time", NULL };

static const struct json_field namespace_fields[] = {
	FIELD(struct oci_namespace, type, "type", JSON_ENUM, REQUIRED,
		.names = namespace_type_names),
	STRING(struct oci_namespace, path, "path", OPTIONAL),
	FIELD_END,
};
static const struct json_table namespace_table =
	TABLE("LinuxNamespace", struct oci_namespace, namespace_fields);

static const struct json_field device_fields[] = {
	STRING(struct oci_device, path, "path", REQUIRED),
	STRING(struct oci_device, type, "type", REQUIRED),
	FIELD(struct oci_device, major, "major", JSON_OPT_INT64),
	FIELD(struct oci_device, minor, "minor", JSON_OPT_INT64),
	FIELD(struct oci_device, file_mode, "fileMode", JSON_OPT_UINT32),
	FIELD(struct oci_device, uid, "uid", JSON_OPT_UINT32),
	FIELD(struct oci_device, gid, "gid", JSON_OPT_UINT32),
	FIELD_END,
};
static const struct json_table device_table =
	TABLE("LinuxDevice", struct oci_device, device_fields);

static const struct json_field net_device_fields[] = {
	STRING(struct oci_net_device, name, "name", OPTIONAL),
	FIELD_END,
};
static const struct json_table net_device_table =
	TABLE("LinuxNetDevice", struct oci_net_device, net_device_fields);

static const struct json_field time_offset_fields[] = {
	FIELD(struct oci_time_offset, secs, "secs", JSON_INT64),
	FIELD(struct oci_time_offset, nanosecs, "nanosecs", JSON_UINT32),
	FIELD_END,
};
static const struct json_table time_offset_table =
	TABLE("LinuxTimeOffset", struct oci_time_offset, time_offset_fields);

static const struct json_field intel_rdt_fields[] = {
	STRING(struct oci_intel_rdt, clos_id, "closID", OPTIONAL),
	STRINGS(struct oci_intel_rdt, schemata, "schemata"),
	STRING(struct oci_intel_rdt, l3_cache_schema, "l3CacheSchema", OPTIONAL),
	STRING(struct oci_intel_rdt, mem_bw_schema, "memBwSchema", OPTIONAL),
	FIELD(struct oci_intel_rdt, enable_monitoring, "enableMonitoring", JSON_BOOL),
	FIELD_END,
};
static const struct json_table intel_rdt_table =
	TABLE("LinuxIntelRdt", struct oci_intel_rdt, intel_rdt_fields);

static const struct json_field personality_fields[] = {
	STRING(struct oci_personality, domain, "domain", REQUIRED),
	STRINGS(struct oci_personality, flags, "flags"),
	FIELD_END,
};
static const struct json_table personality_table =
	TABLE("LinuxPersonality", struct oci_personality, personality_fields);

static const struct json_field memory_policy_fields[] = {
	STRING(struct oci_memory_policy, mode, "mode", REQUIRED),
	STRING(struct oci_memory_policy, nodes, "nodes", OPTIONAL),
	STRINGS(struct oci_memory_policy, flags, "flags"),
	FIELD_END,
};
static const struct json_table memory_policy_table =
	TABLE("LinuxMemoryPolicy", struct oci_memory_policy, memory_policy_fields);

static const struct json_field linux_fields[] = {
	OBJECTS(struct oci_linux, uid_mappings, "uidMappings", id_mapping_table),
	OBJECTS(struct oci_linux, gid_mappings, "gidMappings", id_mapping_table),
	STRING_MAP(struct oci_linux, sysctl, "sysctl"),
	OBJECT(struct oci_linux, resources, "resources", resources_table),
	STRING(struct oci_linux, cgroups_path, "cgroupsPath", OPTIONAL),
	OBJECTS(struct oci_linux, namespaces, "namespaces", namespace_table),
	OBJECTS(struct oci_linux, devices, "devices", device_table),
	FIELD_MAP(struct oci_linux, net_devices, "netDevices", JSON_OBJECT,
		.table = &net_device_table),
	OBJECT(struct oci_linux, seccomp, "seccomp", seccomp_table),
	STRING(struct oci_linux, rootfs_propagation, "rootfsPropagation", OPTIONAL),
	STRINGS(struct oci_linux, masked_paths, "maskedPaths"),
	STRINGS(struct oci_linux, readonly_paths, "readonlyPaths"),
	STRING(struct oci_linux, mount_label, "mountLabel", OPTIONAL),
	OBJECT(struct oci_linux, intel_rdt, "intelRdt", intel_rdt_table),
	OBJECT(struct oci_linux, memory_policy, "memoryPolicy", memory_policy_table),
	OBJECT(struct oci_linux, personality, "personality", personality_table),
	FIELD_MAP(struct oci_linux, time_offsets, "timeOffsets", JSON_OBJECT,
		.table = &time_offset_table),
	FIELD_END,
};
static const struct json_table linux_table = TABLE("Linux", struct oci_linux, linux_fields);

static const struct json_field config_fields[] = {
	STRING(struct oci_config, oci_version, "ociVersion", REQUIRED),
	OBJECT(struct oci_config, process, "process", process_table),
	OBJECT(struct oci_config, root, "root", root_table),
	STRING(struct oci_config, hostname, "hostname", OPTIONAL),
	STRING(struct oci_config, domainname, "domainname", OPTIONAL),
	OBJECTS(struct oci_config, mounts, "mounts", mount_table),
	OBJECT(struct oci_config, hooks, "hooks", hooks_table),
	STRING_MAP(struct oci_config, annotations, "annotations"),
	OBJECT(struct oci_config, linux, "linux", linux_table),
	FIELD_END,
};
const struct json_table config_table = TABLE("Spec", struct oci_config, config_fields);

/* ---- parts of a configuration ---- */

static const struct json_field mounts_fields[] = {
	OBJECTS(struct oci_config, mounts, "mounts", mount_table, REQUIRED),
	FIELD_END,
};
const struct json_table mounts_table = TABLE("mounts", struct oci_config, mounts_fields);

static const struct json_field exec_seccomp_fields[] = {
	FIELD(struct oci_seccomp, default_action, "defaultAction", JSON_ENUM, REQUIRED,
		.names = seccomp_action_names),
	STRING(struct oci_seccomp, listener_path, "listenerPath", OPTIONAL),
	STRING(struct oci_seccomp, listener_metadata, "listenerMetadata", OPTIONAL),
	FIELD_END,
};
static const struct json_table exec_seccomp_table =
	TABLE("seccomp", struct oci_seccomp, exec_seccomp_fields);

static const struct json_field exec_linux_fields[] = {
	OBJECTS(struct oci_linux, namespaces, "namespaces", namespace_table),
	OBJECT(struct oci_linux, seccomp, "seccomp", exec_seccomp_table),
	OBJECT(struct oci_linux, intel_rdt, "intelRdt", intel_rdt_table),
	OBJECT(struct oci_linux, personality, "personality", personality_table),
	OBJECT(struct oci_linux, memory_policy, "memoryPolicy", memory_policy_table),
	FIELD_END,
};
static const struct json_table exec_linux_table =
	TABLE("linux", struct oci_linux, exec_linux_fields);

static const struct json_field exec_fields[] = {
	OBJECT(struct oci_config, process, "process", process_table),
	OBJECT(struct oci_config, linux, "linux", exec_linux_table),
	FIELD_END,
};
const struct json_table config_exec_table = TABLE("exec", struct oci_config, exec_fields);
