/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for `linux.resources`, both of a configuration and of `update --resources`.
 */
#include <inttypes.h>
#include <string.h>

#include "spec/rules/rules.h"

static void device_types(struct validation *v)
{
	static const char *const types[] = { "a", "b", "c", NULL };
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->resources->devices.n; i++) {
		const char *type = v->resources->devices.v[i].type;

		if (type != NULL && !rule_is_one_of(type, types))
			rule_report(
				v, rule_at(v, "/%zu/type", i), "found %s", rule_cite(cited, type));
	}
}

static void device_numbers(struct validation *v)
{
	for (size_t i = 0; i < v->resources->devices.n; i++) {
		const struct oci_device_rule *rule = &v->resources->devices.v[i];

		if (rule->major.set && (rule->major.value < -1 || rule->major.value > UINT32_MAX))
			rule_report(v, rule_at(v, "/%zu/major", i), "found %" PRId64,
				rule->major.value);
		if (rule->minor.set && (rule->minor.value < -1 || rule->minor.value > UINT32_MAX))
			rule_report(v, rule_at(v, "/%zu/minor", i), "found %" PRId64,
				rule->minor.value);
	}
}

static void device_access(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->resources->devices.n; i++) {
		const char *access = v->resources->devices.v[i].access;

		if (access != NULL && access[strspn(access, "rwm")] != '\0')
			rule_report(v, rule_at(v, "/%zu/access", i), "found %s",
				rule_cite(cited, access));
	}
}

static void memory_range(struct validation *v)
{
	const struct oci_memory_resources *memory = v->resources->memory;

	if (memory == NULL)
		return;
	if (memory->limit.set && memory->limit.value < -1)
		rule_report(v, "/limit", "found %" PRId64, memory->limit.value);
	if (memory->reservation.set && memory->reservation.value < -1)
		rule_report(v, "/reservation", "found %" PRId64, memory->reservation.value);
	if (memory->swap.set && memory->swap.value < -1)
		rule_report(v, "/swap", "found %" PRId64, memory->swap.value);
	if (memory->kernel.set && memory->kernel.value < -1)
		rule_report(v, "/kernel", "found %" PRId64, memory->kernel.value);
	if (memory->kernel_tcp.set && memory->kernel_tcp.value < -1)
		rule_report(v, "/kernelTCP", "found %" PRId64, memory->kernel_tcp.value);
}

static void memory_swap(struct validation *v)
{
	const struct oci_memory_resources *memory = v->resources->memory;

	if (memory != NULL && memory->swap.value > 0 && memory->limit.value > 0 &&
		memory->swap.value < memory->limit.value)
		rule_report(v, "", "%" PRId64 " is below %" PRId64, memory->swap.value,
			memory->limit.value);
}

static void swappiness(struct validation *v)
{
	const struct oci_memory_resources *memory = v->resources->memory;

	if (memory != NULL && memory->swappiness.set && memory->swappiness.value > 100)
		rule_report(v, "", "found %" PRIu64, memory->swappiness.value);
}

static void cpu_burst(struct validation *v)
{
	const struct oci_cpu_resources *cpu = v->resources->cpu;

	if (cpu != NULL && cpu->burst.set && cpu->quota.set && cpu->quota.value > 0 &&
		cpu->burst.value > (uint64_t)cpu->quota.value)
		rule_report(
			v, "", "%" PRIu64 " is above %" PRId64, cpu->burst.value, cpu->quota.value);
}

static void cpu_idle(struct validation *v)
{
	const struct oci_cpu_resources *cpu = v->resources->cpu;

	if (cpu != NULL && cpu->idle.set && cpu->idle.value != 0 && cpu->idle.value != 1)
		rule_report(v, "", "found %" PRId64, cpu->idle.value);
}

static void pids_limit(struct validation *v)
{
	const struct oci_pids_resources *pids = v->resources->pids;

	if (pids != NULL && pids->limit.set && pids->limit.value < -1)
		rule_report(v, "", "found %" PRId64, pids->limit.value);
}

static bool weight_fits(const struct opt_uint16 *weight)
{
	return !weight->set || weight->value == 0 || (weight->value >= 10 && weight->value <= 1000);
}

static void weights(struct validation *v)
{
	const struct oci_block_io *io = v->resources->block_io;

	if (io == NULL)
		return;
	if (!weight_fits(&io->weight))
		rule_report(v, "/weight", "found %u", io->weight.value);
	if (!weight_fits(&io->leaf_weight))
		rule_report(v, "/leafWeight", "found %u", io->leaf_weight.value);
	for (size_t i = 0; i < io->weight_device.n; i++) {
		const struct oci_weight_device *device = &io->weight_device.v[i];

		if (!weight_fits(&device->weight))
			rule_report(v, rule_at(v, "/weightDevice/%zu/weight", i), "found %u",
				device->weight.value);
		if (!weight_fits(&device->leaf_weight))
			rule_report(v, rule_at(v, "/weightDevice/%zu/leafWeight", i), "found %u",
				device->leaf_weight.value);
	}
}

static void weight_devices(struct validation *v)
{
	const struct oci_block_io *io = v->resources->block_io;

	for (size_t i = 0; io != NULL && i < io->weight_device.n; i++)
		if (!io->weight_device.v[i].weight.set && !io->weight_device.v[i].leaf_weight.set)
			rule_report(v, rule_at(v, "/%zu", i), NO_DETAIL);
}

/* The kernel ignores what follows a newline. */
static void cpuset_lists(struct validation *v)
{
	const struct oci_cpu_resources *cpu = v->resources->cpu;

	if (cpu != NULL && cpu->cpus != NULL && strchr(cpu->cpus, '\n') != NULL)
		rule_report(v, "/cpus", NO_DETAIL);
	if (cpu != NULL && cpu->mems != NULL && strchr(cpu->mems, '\n') != NULL)
		rule_report(v, "/mems", NO_DETAIL);
}

static void hugepage_sizes(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->resources->hugepage_limits.n; i++) {
		const char *size = v->resources->hugepage_limits.v[i].page_size,
			   *unit = size + strspn(size, "0123456789");

		if (size[0] < '1' || size[0] > '9' || unit[0] == '\0' ||
			strchr("KMG", unit[0]) == NULL || strcmp(unit + 1, "B") != 0)
			rule_report(v, rule_at(v, "/%zu/pageSize", i), "found %s",
				rule_cite(cited, size));
	}
}

static void rdma_limits(struct validation *v)
{
	for (size_t i = 0; i < v->resources->rdma.n; i++) {
		const struct oci_rdma_entry *entry = &v->resources->rdma.v[i];

		if (!entry->value.hca_handles.set && !entry->value.hca_objects.set)
			rule_report(v, rule_at_key(v, entry->key), NO_DETAIL);
	}
}

static void unified_names(struct validation *v)
{
	for (size_t i = 0; i < v->resources->unified.n; i++) {
		const char *key = v->resources->unified.v[i].key;

		if (key[0] == '\0' || strchr(key, '/') != NULL || strcmp(key, ".") == 0 ||
			strcmp(key, "..") == 0)
			rule_report(v, rule_at_key(v, key), NO_DETAIL);
	}
}

const struct rule resources_rules[] = {
	{ "/devices", device_types, "must be a, b or c" },
	{ "/devices", device_numbers, "must be a device number, or -1 for all" },
	{ "/devices", device_access, "must be composed of r, w and m" },
	{ "/memory", memory_range, "must be a number of bytes, or -1 for no limit" },
	{ "/memory/swap", memory_swap,
		"is the limit of memory and swap together, thus can't be below /memory/limit" },
	{ "/memory/swappiness", swappiness, "must be from 0 to 100" },
	{ "/cpu/burst", cpu_burst, "must not be above a positive quota" },
	{ "/cpu/idle", cpu_idle, "must be 0 or 1" },
	{ "/cpu", cpuset_lists, "must be one line" },
	{ "/pids/limit", pids_limit, "must be a number of tasks, or -1 for no limit" },
	{ "/blockIO", weights, "must be from 10 to 1000, or 0 for none" },
	{ "/blockIO/weightDevice", weight_devices, "needs weight or leafWeight" },
	{ "/hugepageLimits", hugepage_sizes, "must be a size like 64KB, 2MB or 1GB" },
	{ "/rdma", rdma_limits, "needs hcaHandles or hcaObjects" },
	{ "/unified", unified_names, "must be the name of a file in a cgroup" },
	{ 0 },
};
