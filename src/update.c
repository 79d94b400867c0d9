/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull update
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "command.h"
#include "common_options.h"

struct update_options {
	const char *resources;
	struct opt_uint16 blkio_weight;
	struct opt_uint64 cpu_period, cpu_burst, cpu_share, cpu_rt_period;
	struct opt_int64 cpu_quota, cpu_rt_runtime, cpu_idle, pids_limit;
	const char *cpuset_cpus, *cpuset_mems;
	struct opt_int64 memory, memory_reservation, memory_swap;
	const char *l3_cache_schema, *mem_bw_schema;
};

static int read_resources(
	const char *path, struct oci_resources *resources, struct arena *arena, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	bool standard_input = strcmp(path, "-") == 0;
	const char *label = standard_input ? "standard input" : path;

	if ((standard_input ? fd_read_all(STDIN_FILENO, &text, err)
			    : file_read(AT_FDCWD, path, &text, err)) < 0)
		return -1;
	return config_decode_resources(
		arena, resources, label, text.data ? text.data : "", text.len, err);
}

/* As in runc, 0 leaves a limit unchanged if it makes no sense as a value. */
static struct opt_int64 not_zero(struct opt_int64 n)
{
	return n.value != 0 ? n : (struct opt_int64){ 0 };
}

static struct opt_uint64 not_zero_u(struct opt_uint64 n)
{
	return n.value != 0 ? n : (struct opt_uint64){ 0 };
}

static void resources_of_options(
	const struct update_options *o, struct oci_resources *r, struct arena *arena)
{
	r->memory = arena_alloc(arena, sizeof *r->memory);
	r->memory->limit = not_zero(o->memory);
	r->memory->reservation = not_zero(o->memory_reservation);
	r->memory->swap = not_zero(o->memory_swap);
	r->cpu = arena_alloc(arena, sizeof *r->cpu);
	r->cpu->period = not_zero_u(o->cpu_period);
	r->cpu->quota = not_zero(o->cpu_quota);
	r->cpu->burst = o->cpu_burst;
	r->cpu->shares = not_zero_u(o->cpu_share);
	r->cpu->realtime_period = not_zero_u(o->cpu_rt_period);
	r->cpu->realtime_runtime = o->cpu_rt_runtime;
	r->cpu->idle = o->cpu_idle;
	r->cpu->cpus = o->cpuset_cpus;
	r->cpu->mems = o->cpuset_mems;
	if (o->pids_limit.set) {
		r->pids = arena_alloc(arena, sizeof *r->pids);
		r->pids->limit = o->pids_limit;
	}
	if (o->blkio_weight.value != 0) {
		r->block_io = arena_alloc(arena, sizeof *r->block_io);
		r->block_io->weight = o->blkio_weight;
	}
}

static int update(const struct call *call, struct error *err)
{
	const struct update_options *o = call->options;
	struct oci_intel_rdt rdt = { .l3_cache_schema = o->l3_cache_schema,
		.mem_bw_schema = o->mem_bw_schema };
	struct oci_resources resources = { 0 };

	if (!o->resources) {
		resources_of_options(o, &resources, call->arena);
		if (config_validate_resources(&resources, "options", err) < 0)
			return -1;
	} else if (read_resources(o->resources, &resources, call->arena, err) < 0) {
		return -1;
	}
	return container_update(call->rt, call->args[0], &resources,
		rdt.l3_cache_schema || rdt.mem_bw_schema ? &rdt : NULL, err);
}

#define ROW(name, argument, help, parse, member)                                        \
	{                                                                               \
		name, 0, argument, help, parse, offsetof(struct update_options, member) \
	}
static const struct option options[] = {
	ROW("blkio-weight", "N", "block I/O weight, 10 to 1000", option_uint16, blkio_weight),
	ROW("cpu-burst", "USEC", "unused CPU time that can be accumulated beyond the quota",
		option_uint64, cpu_burst),
	ROW("cpu-idle", "0|1", "1: run only when the CPUs are otherwise idle", option_int64,
		cpu_idle),
	ROW("cpu-period", "USEC", "period of the quota", option_uint64, cpu_period),
	ROW("cpu-quota", "USEC", "CPU time per period, -1 for unlimited", option_int64, cpu_quota),
	ROW("cpu-rt-period", "USEC", "period of the realtime runtime", option_uint64,
		cpu_rt_period),
	ROW("cpu-rt-runtime", "USEC", "realtime CPU time per period", option_int64, cpu_rt_runtime),
	ROW("cpu-share", "N", "CPU share relative to other containers", option_uint64, cpu_share),
	ROW("cpuset-cpus", "LIST", "allowed CPUs, for example 0-3,8", option_string, cpuset_cpus),
	ROW("cpuset-mems", "LIST", "allowed memory nodes, for example 0,1", option_string,
		cpuset_mems),
	ROW("l3-cache-schema", "SCHEMA", "L3 cache schema of Intel RDT", option_string,
		l3_cache_schema),
	ROW("mem-bw-schema", "SCHEMA", "memory bandwidth schema of Intel RDT", option_string,
		mem_bw_schema),
	ROW("memory", "BYTES", "memory limit, optionally with k, m or g; -1 for unlimited",
		option_bytes, memory),
	ROW("memory-reservation", "BYTES",
		"memory that is left to the container when memory is scarce", option_bytes,
		memory_reservation),
	ROW("memory-swap", "BYTES", "limit of memory plus swap", option_bytes, memory_swap),
	ROW("pids-limit", "N", "maximum number of processes, -1 for unlimited", option_int64,
		pids_limit),
	{ "resources", 'r', "FILE",
		"JSON of linux.resources, - for standard input; of the options only Intel RDT's "
		"apply",
		option_string, offsetof(struct update_options, resources) },
	{ "kernel-memory", 0, "BYTES", NULL, option_ignore,
		0 }, /* the kernel has no such limit any more */
	{ "kernel-memory-tcp", 0, "BYTES", NULL, option_ignore, 0 },
	{ OPTION_END },
};

const struct command update_command = {
	.name = "update",
	.summary = "change the limits of a container",
	.arguments = "ID",
	.description = "Changes the limits that are given. A value of 0 leaves a limit unchanged, "
		       "except with\n"
		       "--cpu-burst, --cpu-idle, --cpu-rt-runtime and --pids-limit.",
	.example = "  hull update --memory 512m --cpu-quota 50000 web\n"
		   "  echo '{\"pids\":{\"limit\":100}}' | hull update --resources - web",
	.options = options,
	.options_size = sizeof(struct update_options),
	.min = 1,
	.max = 1,
	.run = update,
};
