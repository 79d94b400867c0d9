/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.resources as values for files of cgroupfs: the runtime-spec's conversions for cgroup v1 and
 * v2 (config-linux.md), in the order that the kernel requires. The controller's hierarchy decides
 * which interface a property uses: on a hybrid host both occur. One without a file is an error.
 *
 * As with runc, 0 means "not set" for memory.limit, reservation and swap, cpu.shares, quota, period
 * and the real-time values, blockIO.weight and leafWeight, network.classID. For pids.limit,
 * memory.swappiness, cpu.burst and cpu.idle it is a value.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cgroup/internal.h"

struct conversion {
	struct cgroup *cgroup;
	setting_list *settings;
	const char *document;
	struct error *err;
	size_t room;
	bool update;
	int group; /* group of the settings being added */
};

/* ---- building the list ---- */

static int refuse(struct conversion *c, const char *property, const char *why)
{
	return error_set(c->err, 0, "%s%s: %s", c->document, property, why);
}

/* Appends a setting and returns it, to set less common fields. */
static struct setting *put(struct conversion *c, const char *controller, bool v2, const char *file,
	const char *property, const char *value)
{
	setting_list *list = c->settings;

	if (list->n == c->room) {
		struct setting *old = list->v;

		c->room = c->room ? 2 * c->room : 16;
		list->v = arena_alloc(c->cgroup->arena, c->room * sizeof *list->v);
		if (list->n)
			memcpy(list->v, old, list->n * sizeof *old);
	}
	list->v[list->n] =
		(struct setting){ controller, v2, file, value, property, false, c->group };
	return &list->v[list->n++];
}

static const char *number(struct conversion *c, int64_t value)
{
	return arena_printf(c->cgroup->arena, "%" PRId64, value);
}

static const char *unsigned_number(struct conversion *c, uint64_t value)
{
	return arena_printf(c->cgroup->arena, "%" PRIu64, value);
}

static const char *number_or_max(struct conversion *c, int64_t value)
{
	return value < 0 ? "max" : number(c, value);
}

/*
 * Finds the controller's interface. v1 is assumed if there is none: settings_apply() reports that.
 */
static bool is_v2(struct conversion *c, const char *controller)
{
	bool v2;

	return cgroup_of_controller(c->cgroup, controller, &v2) ? v2
								: c->cgroup->layout == CGROUP_V2;
}

static bool is_set(struct opt_int64 option)
{
	return option.set && option.value != 0;
}

/* Returns the current text of the cgroup's file or, if it doesn't exist yet, the given default. */
static const char *current(
	struct conversion *c, const char *controller, const char *file, const char *otherwise)
{
	bool v2;
	struct cgroup_hierarchy *hierarchy = cgroup_of_controller(c->cgroup, controller, &v2);
	char text[64];

	if (!c->update || !hierarchy || cgroup_directory(hierarchy, NULL) < 0 ||
		cgroup_read(hierarchy->fd, file, text, sizeof text) <= 0)
		return otherwise;
	return arena_strdup(c->cgroup->arena, text);
}

/* ---- memory ---- */

static int memory_v1(struct conversion *c, const struct oci_memory_resources *memory)
{
	int64_t swap = is_set(memory->swap) ? memory->swap.value : 0;

	if (memory->use_hierarchy.set)
		put(c, "memory", false, "memory.use_hierarchy", "/memory/useHierarchy",
			memory->use_hierarchy.value ? "1" : "0");
	/*
	 * The kernel always requires limit <= memory + swap, so the order depends on the current
	 * values.
	 */
	c->group = GROUP_MEMORY;
	if (is_set(memory->limit))
		put(c, "memory", false, "memory.limit_in_bytes", "/memory/limit",
			number(c, memory->limit.value));
	if (swap)
		put(c, "memory", false, "memory.memsw.limit_in_bytes", "/memory/swap",
			number(c, swap));
	else if (is_set(memory->limit) &&
		memory->limit.value <
			0) /* unlimited memory with limited memory + swap is impossible */
		put(c, "memory", false, "memory.memsw.limit_in_bytes", "/memory/limit", "-1")
			->optional = true;
	c->group = GROUP_NONE;
	if (is_set(memory->reservation))
		put(c, "memory", false, "memory.soft_limit_in_bytes", "/memory/reservation",
			number(c, memory->reservation.value));
	if (is_set(memory->kernel_tcp))
		put(c, "memory", false, "memory.kmem.tcp.limit_in_bytes", "/memory/kernelTCP",
			number(c, memory->kernel_tcp.value));
	if (memory->swappiness.set)
		put(c, "memory", false, "memory.swappiness", "/memory/swappiness",
			unsigned_number(c, memory->swappiness.value));
	if (memory->disable_oom_killer.set && (memory->disable_oom_killer.value || c->update))
		put(c, "memory", false, "memory.oom_control", "/memory/disableOOMKiller",
			memory->disable_oom_killer.value ? "1" : "0");
	return 0;
}

/* memory.swap limits memory and swap together, memory.swap.max swap alone. */
static int swap_v2(struct conversion *c, const struct oci_memory_resources *memory)
{
	int64_t limit = memory->limit.set ? memory->limit.value : 0,
		swap = memory->swap.set ? memory->swap.value : 0;

	if (swap == 0 && limit < 0)
		put(c, "memory", true, "memory.swap.max", "/memory/limit", "max")->optional = true;
	if (swap == 0)
		return 0;
	if (swap < 0) {
		put(c, "memory", true, "memory.swap.max", "/memory/swap", "max")->optional = true;
		return 0;
	}
	if (limit == 0)
		limit = strtoll(current(c, "memory", "memory.max", "max"), NULL, 10);
	if (limit <= 0)
		return refuse(c, "/memory/swap",
			"a limit of memory and swap together needs /memory/limit on cgroup v2");
	if (swap < limit)
		return refuse(c, "/memory/swap",
			"is less than the limit of memory, which is a part of it");
	put(c, "memory", true, "memory.swap.max", "/memory/swap", number(c, swap - limit))
		->optional = swap == limit; /* without swap accounting there is no swap to forbid */
	return 0;
}

/* checkBeforeUpdate: on v2, the kernel would kill processes for a limit below the usage. */
static int check_usage(struct conversion *c, const struct oci_memory_resources *memory)
{
	uint64_t usage;

	if (!c->update || !memory->check_before_update.value || memory->limit.value <= 0)
		return 0;
	if (cgroup_memory_usage(c->cgroup, &usage, c->err) < 0)
		return -1;
	if ((uint64_t)memory->limit.value < usage)
		return error_set(c->err, 0,
			"%s/memory/limit: %" PRId64
			" bytes are less than the container uses now, %" PRIu64,
			c->document, memory->limit.value, usage);
	return 0;
}

static int memory_v2(struct conversion *c, const struct oci_memory_resources *memory)
{
	if (check_usage(c, memory) < 0)
		return -1;
	if (is_set(memory->limit))
		put(c, "memory", true, "memory.max", "/memory/limit",
			number_or_max(c, memory->limit.value));
	if (swap_v2(c, memory) < 0)
		return -1;
	if (is_set(memory->reservation))
		put(c, "memory", true, "memory.low", "/memory/reservation",
			number_or_max(c, memory->reservation.value));
	if (memory->swappiness.set)
		return refuse(c, "/memory/swappiness", "cgroup v2 has no swappiness of a cgroup");
	if (memory->disable_oom_killer.value)
		return refuse(c, "/memory/disableOOMKiller",
			"cgroup v2 can't disable the out-of-memory killer");
	if (memory->use_hierarchy.set && !memory->use_hierarchy.value)
		return refuse(c, "/memory/useHierarchy", "cgroup v2 is always hierarchical");
	if (is_set(memory->kernel_tcp))
		log_warning("/linux/resources/memory/kernelTCP: cgroup v2 accounts it as memory; "
			    "ignored");
	return 0;
}

static int add_memory(struct conversion *c, const struct oci_memory_resources *memory)
{
	if (!memory)
		return 0;
	if (is_set(memory->kernel))
		log_warning("/linux/resources/memory/kernel: Linux has no separate limit of kernel "
			    "memory any more; ignored");
	return is_v2(c, "memory") ? memory_v2(c, memory) : memory_v1(c, memory);
}

/* ---- cpu, cpuset ---- */

/* Formats "QUOTA PERIOD" for cpu.max. now_quota and now_period: for values that aren't set. */
static const char *quota_and_period(struct conversion *c, const struct oci_cpu_resources *cpu,
	const char *now_quota, const char *now_period)
{
	const char *quota = is_set(cpu->quota) ? number_or_max(c, cpu->quota.value) : now_quota;
	const char *period = cpu->period.set && cpu->period.value
		? unsigned_number(c, cpu->period.value)
		: now_period;

	return arena_printf(c->cgroup->arena, "%s %s", quota, period);
}

static void quota_v1(struct conversion *c, const struct oci_cpu_resources *cpu)
{
	bool period = cpu->period.set && cpu->period.value, quota = is_set(cpu->quota);

	c->group = GROUP_CPU;
	if (period)
		put(c, "cpu", false, "cpu.cfs_period_us", "/cpu/period",
			unsigned_number(c, cpu->period.value));
	if (quota)
		put(c, "cpu", false, "cpu.cfs_quota_us", "/cpu/quota", number(c, cpu->quota.value));
	if (cpu->burst.set)
		put(c, "cpu", false, "cpu.cfs_burst_us", "/cpu/burst",
			unsigned_number(c, cpu->burst.value));
	/* for systemd only, which sets both together; v1 has no such file */
	if ((period || quota) && c->cgroup->manager == CGROUP_MANAGER_SYSTEMD)
		put(c, "cpu", false, "cpu.max", "/cpu/quota",
			quota_and_period(c, cpu, current(c, "cpu", "cpu.cfs_quota_us", "-1"),
				current(c, "cpu", "cpu.cfs_period_us", "100000")))
			->optional = true;
}

/* The kernel clamps shares without an error; refuse them in runc's words. */
static int cpu_v1(struct conversion *c, const struct oci_cpu_resources *cpu)
{
	if (cpu->shares.set && cpu->shares.value && cpu->shares.value < 2)
		return refuse(c, "/cpu/shares", "the minimum allowed cpu-shares is 2");
	if (cpu->shares.set && cpu->shares.value > 262144)
		return refuse(c, "/cpu/shares", "the maximum allowed cpu-shares is 262144");
	c->group = GROUP_WEIGHT; /* an idle cgroup refuses shares */
	if (cpu->shares.set && cpu->shares.value)
		put(c, "cpu", false, "cpu.shares", "/cpu/shares",
			unsigned_number(c, cpu->shares.value));
	if (cpu->idle.set)
		put(c, "cpu", false, "cpu.idle", "/cpu/idle", number(c, cpu->idle.value));
	quota_v1(c, cpu);
	c->group = GROUP_REALTIME;
	if (cpu->realtime_period.set && cpu->realtime_period.value)
		put(c, "cpu", false, "cpu.rt_period_us", "/cpu/realtimePeriod",
			unsigned_number(c, cpu->realtime_period.value));
	if (is_set(cpu->realtime_runtime))
		put(c, "cpu", false, "cpu.rt_runtime_us", "/cpu/realtimeRuntime",
			number(c, cpu->realtime_runtime.value));
	return 0;
}

static const char *cpu_max(struct conversion *c, const struct oci_cpu_resources *cpu)
{
	char quota[32] = "max", period[32] = "100000";

	sscanf(current(c, "cpu", "cpu.max", ""), "%31s %31s", quota, period);
	return quota_and_period(c, cpu, quota, period);
}

static int cpu_v2(struct conversion *c, const struct oci_cpu_resources *cpu)
{
	if (is_set(cpu->realtime_runtime) ||
		(cpu->realtime_period.set && cpu->realtime_period.value))
		return refuse(c,
			is_set(cpu->realtime_runtime) ? "/cpu/realtimeRuntime"
						      : "/cpu/realtimePeriod",
			"cgroup v2 has no limits of real-time scheduling");
	c->group = GROUP_WEIGHT; /* an idle cgroup refuses a weight */
	if (cpu->shares.set && cpu->shares.value)
		put(c, "cpu", true, "cpu.weight", "/cpu/shares",
			unsigned_number(c, weight_of_cpu_shares(cpu->shares.value)));
	if (cpu->idle.set)
		put(c, "cpu", true, "cpu.idle", "/cpu/idle", number(c, cpu->idle.value));
	/* the kernel's value after idle; systemd has to be told */
	if (cpu->idle.set && cpu->idle.value == 0 && *current(c, "cpu", "cpu.idle", "") == '1' &&
		!(cpu->shares.set && cpu->shares.value))
		put(c, "cpu", true, "cpu.weight", "/cpu/idle", "100");
	c->group = GROUP_CPU;
	if (is_set(cpu->quota) || (cpu->period.set && cpu->period.value))
		put(c, "cpu", true, "cpu.max", is_set(cpu->quota) ? "/cpu/quota" : "/cpu/period",
			cpu_max(c, cpu));
	if (cpu->burst.set)
		put(c, "cpu", true, "cpu.max.burst", "/cpu/burst",
			unsigned_number(c, cpu->burst.value));
	return 0;
}

static int add_cpu(struct conversion *c, const struct oci_cpu_resources *cpu)
{
	if (!cpu)
		return 0;
	if ((is_v2(c, "cpu") ? cpu_v2(c, cpu) : cpu_v1(c, cpu)) < 0)
		return -1;
	c->group = GROUP_NONE;
	if (cpu->cpus && *cpu->cpus)
		put(c, "cpuset", is_v2(c, "cpuset"), "cpuset.cpus", "/cpu/cpus", cpu->cpus);
	if (cpu->mems && *cpu->mems)
		put(c, "cpuset", is_v2(c, "cpuset"), "cpuset.mems", "/cpu/mems", cpu->mems);
	return 0;
}

/* ---- block I/O ---- */

/*
 * A weight has two files: BFQ's, and CFQ's on v1 or io.cost's on v2. A kernel has one or both; for
 * a device, the unused one fails.
 */
static void put_weight(struct conversion *c, bool v2, const char *property, const char *name,
	const char *device, uint64_t weight)
{
	struct arena *arena = c->cgroup->arena;
	const char *controller = v2 ? "io" : "blkio", *file = v2 ? "weight" : name;

	c->group = GROUP_EITHER + (int)c->settings->n;
	put(c, controller, v2, arena_printf(arena, "%s.bfq.%s", controller, file), property,
		arena_printf(arena, "%s%" PRIu64, device, weight));
	put(c, controller, v2, arena_printf(arena, "%s.%s", controller, file), property,
		arena_printf(
			arena, "%s%" PRIu64, device, v2 ? weight_of_blkio_weight(weight) : weight));
	c->group = GROUP_NONE;
}

static int add_weights(struct conversion *c, const struct oci_block_io *io, bool v2)
{
	if (v2 && io->leaf_weight.set && io->leaf_weight.value)
		return refuse(c, "/blockIO/leafWeight", "cgroup v2 has no weight of the leaf");
	if (io->weight.set && io->weight.value)
		put_weight(c, v2, "/blockIO/weight", "weight", "", io->weight.value);
	if (io->leaf_weight.set && io->leaf_weight.value)
		put(c, "blkio", false, "blkio.leaf_weight", "/blockIO/leafWeight",
			unsigned_number(c, io->leaf_weight.value));
	for (size_t i = 0; i < io->weight_device.n; i++) {
		const struct oci_weight_device *device = &io->weight_device.v[i];
		const char *number = arena_printf(
			c->cgroup->arena, "%" PRId64 ":%" PRId64 " ", device->major, device->minor);
		const char *property =
			arena_printf(c->cgroup->arena, "/blockIO/weightDevice/%zu", i);

		if (v2 && device->leaf_weight.set && device->leaf_weight.value)
			return refuse(c, property, "cgroup v2 has no weight of the leaf");
		if (device->weight.set)
			put_weight(c, v2, property, "weight_device", number, device->weight.value);
		if (device->leaf_weight.set && !v2)
			put(c, "blkio", false, "blkio.leaf_weight_device", property,
				arena_printf(c->cgroup->arena, "%s%u", number,
					device->leaf_weight.value));
	}
	return 0;
}

struct throttle {
	const char *property, *v1_file, *v2_key;
	const oci_throttle_list *list;
};

/* io.max takes all limits of a device together, so collect them: one write per device. */
static void put_throttle_v2(
	struct conversion *c, const struct throttle throttles[4], size_t which, size_t at)
{
	const struct oci_throttle_device *device = &throttles[which].list->v[at];
	cleanup_buf struct buf value = { 0 };

	buf_printf(&value, "%" PRId64 ":%" PRId64, device->major, device->minor);
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < throttles[i].list->n; j++) {
			const struct oci_throttle_device *other = &throttles[i].list->v[j];

			if (other->major != device->major || other->minor != device->minor)
				continue;
			if (i < which || (i == which && j < at))
				return; /* written together with an earlier one */
			if (other->rate)
				buf_printf(
					&value, " %s=%" PRIu64, throttles[i].v2_key, other->rate);
			else
				buf_printf(&value, " %s=max", throttles[i].v2_key);
		}
	}
	put(c, "io", true, "io.max",
		arena_printf(c->cgroup->arena, "/blockIO/%s/%zu", throttles[which].property, at),
		arena_strdup(c->cgroup->arena, value.data));
}

static int add_block_io(struct conversion *c, const struct oci_block_io *io)
{
	bool v2 = is_v2(c, "io");

	if (!io)
		return 0;
	const struct throttle throttles[4] = {
		{ "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps",
			&io->throttle_read_bps_device },
		{ "throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps",
			&io->throttle_write_bps_device },
		{ "throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops",
			&io->throttle_read_iops_device },
		{ "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops",
			&io->throttle_write_iops_device },
	};
	if (add_weights(c, io, v2) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < throttles[i].list->n; j++) {
			const struct oci_throttle_device *device = &throttles[i].list->v[j];
			struct arena *arena = c->cgroup->arena;

			if (v2)
				put_throttle_v2(c, throttles, i, j);
			else
				put(c, "blkio", false, throttles[i].v1_file,
					arena_printf(
						arena, "/blockIO/%s/%zu", throttles[i].property, j),
					arena_printf(arena, "%" PRId64 ":%" PRId64 " %" PRIu64,
						device->major, device->minor, device->rate));
		}
	}
	return 0;
}

/* ---- the smaller ones ---- */

static void add_pids(struct conversion *c, const struct oci_pids_resources *pids)
{
	if (pids && pids->limit.set)
		put(c, "pids", is_v2(c, "pids"), "pids.max", "/pids/limit",
			number_or_max(c, pids->limit.value));
}

/*
 * Sets reservations, if the kernel has them, and usage: the spec falls back to usage, and readers
 * of either file expect the limit.
 */
static void add_hugepages(struct conversion *c, const struct oci_resources *resources)
{
	struct arena *arena = c->cgroup->arena;
	bool v2 = is_v2(c, "hugetlb");

	for (size_t i = 0; i < resources->hugepage_limits.n; i++) {
		const struct oci_hugepage_limit *limit = &resources->hugepage_limits.v[i];
		const char *property = arena_printf(arena, "/hugepageLimits/%zu", i),
			   *value = unsigned_number(c, limit->limit);
		const char *end = v2 ? "max" : "limit_in_bytes";

		put(c, "hugetlb", v2, arena_printf(arena, "hugetlb.%s.%s", limit->page_size, end),
			property, value);
		put(c, "hugetlb", v2,
			arena_printf(arena, "hugetlb.%s.rsvd.%s", limit->page_size, end), property,
			value)
			->optional = true;
	}
}

static int add_network(struct conversion *c, const struct oci_network_resources *network)
{
	if (!network)
		return 0;
	if (network->class_id.set && network->class_id.value) {
		if (is_v2(c, "net_cls"))
			return refuse(c, "/network/classID", "cgroup v2 has no network classes");
		put(c, "net_cls", false, "net_cls.classid", "/network/classID",
			unsigned_number(c, network->class_id.value));
	}
	if (network->priorities.n && is_v2(c, "net_prio"))
		return refuse(c, "/network/priorities", "cgroup v2 has no network priorities");
	for (size_t i = 0; i < network->priorities.n; i++) {
		const struct oci_interface_priority *priority = &network->priorities.v[i];

		put(c, "net_prio", false, "net_prio.ifpriomap",
			arena_printf(c->cgroup->arena, "/network/priorities/%zu", i),
			arena_printf(
				c->cgroup->arena, "%s %u", priority->name, priority->priority));
	}
	return 0;
}

static void add_rdma(struct conversion *c, const struct oci_resources *resources)
{
	struct arena *arena = c->cgroup->arena;

	for (size_t i = 0; i < resources->rdma.n; i++) {
		const struct oci_rdma_entry *entry = &resources->rdma.v[i];
		cleanup_buf struct buf value = { 0 };

		buf_puts(&value, entry->key);
		if (entry->value.hca_handles.set)
			buf_printf(&value, " hca_handle=%u", entry->value.hca_handles.value);
		if (entry->value.hca_objects.set)
			buf_printf(&value, " hca_object=%u", entry->value.hca_objects.value);
		put(c, "rdma", is_v2(c, "rdma"), "rdma.max",
			arena_printf(arena, "/rdma/%s", entry->key),
			arena_strdup(arena, value.data));
	}
}

/* The kernel's v2 controllers; the host may have fewer. */
static const char controllers[] = "cpu cpuset dmem hugetlb io memory misc perf_event pids rdma";
/*
 * Limits among the core files. The other core files move, kill or freeze processes, or delegate
 * controllers, by which a configuration could affect the host's processes.
 */
static const char core_limits[] = "cgroup.max.depth cgroup.max.descendants cgroup.pressure";

static int check_unified_name(
	struct conversion *c, const char *property, const char *file, const char *controller)
{
	const char *dot = strchr(file, '.');

	if (*controller == 0 || dot[1] == 0 || strchr(file, '/'))
		return refuse(c, property, "isn't of the form CONTROLLER.NAME, like memory.high");
	if (strcmp(controller, "cgroup") == 0)
		return cgroup_word(core_limits, ' ', file)
			? 0
			: refuse(c, property,
				  "is a file of cgroup v2's core, which isn't a limit and can't be "
				  "set here");
	if (!cgroup_word(controllers, ' ', controller) &&
		!cgroup_word(cgroup_v2_controllers(c->cgroup), ' ', controller))
		return error_set(c->err, 0, "%s%s: cgroup v2 has no controller %s", c->document,
			property, controller);
	if (!is_v2(c, controller))
		return error_set(c->err, 0,
			"%s%s: the controller %s isn't in a cgroup v2 hierarchy here", c->document,
			property, controller);
	return 0;
}

/*
 * Files of the v2 hierarchy by name. Writes a value of several lines line by line, as the kernel
 * requires.
 */
static int add_unified(struct conversion *c, const struct oci_resources *resources)
{
	struct arena *arena = c->cgroup->arena;

	for (size_t i = 0; i < resources->unified.n; i++) {
		const char *file = resources->unified.v[i].key,
			   *value = resources->unified.v[i].value, *dot = strchr(file, '.');
		const char *property = arena_printf(arena, "/unified/%s", file);
		const char *controller = arena_strndup(arena, file, dot ? (size_t)(dot - file) : 0);

		if (check_unified_name(c, property, file, controller) < 0)
			return -1;
		while (value) {
			const char *end = strchr(value, '\n');
			size_t len = end ? (size_t)(end - value) : strlen(value);

			if (len || !end)
				put(c, controller, true, file, property,
					arena_strndup(arena, value, len));
			value = end && end[1] ? end + 1 : NULL;
		}
	}
	return 0;
}

int resources_settings(struct cgroup *cgroup, const struct oci_resources *resources,
	const char *document, bool update, setting_list *settings, struct error *err)
{
	struct conversion c = { cgroup, settings, document, err, 0, update, GROUP_NONE };

	*settings = (setting_list){ 0 };
	if (!resources)
		return 0;
	if (add_memory(&c, resources->memory) < 0 || add_cpu(&c, resources->cpu) < 0 ||
		add_block_io(&c, resources->block_io) < 0)
		return -1;
	add_pids(&c, resources->pids);
	add_hugepages(&c, resources);
	if (add_network(&c, resources->network) < 0)
		return -1;
	add_rdma(&c, resources);
	return add_unified(&c, resources);
}
