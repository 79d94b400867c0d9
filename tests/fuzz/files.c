/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files in directories: state.json of a container, which must be the same after it was written and
 * read again, and the files of a cgroup, of v2 and of v1, for the statistics. The first byte of an
 * input says which.
 */
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "cgroup/internal.h"
#include "container/state/state.h"
#include "directory.h"

/* Those that statistics are made of; each has the whole input. */
static const char *const files[] = { "cpu.stat", "cpu.pressure", "cpuacct.usage",
	"cpuacct.usage_percpu", "cpuset.cpus", "cpuset.mems", "memory.stat", "memory.current",
	"memory.events", "memory.pressure", "memory.swap.current", "memory.max",
	"memory.usage_in_bytes", "memory.limit_in_bytes", "memory.failcnt", "memory.oom_control",
	"io.stat", "io.pressure", "blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced",
	"pids.current", "pids.max", "rdma.current", "rdma.max", "hugetlb.2MB.current",
	"hugetlb.2MB.events", "hugetlb.2MB.usage_in_bytes", "misc.current", "cgroup.procs",
	"cgroup.events" };
enum { FILES = ARRAY_SIZE(files) };

static void read_state(const uint8_t *data, size_t size)
{
	cleanup_state_file struct state state = { 0 };
	cleanup_buf struct buf once = { 0 }, twice = { 0 };
	struct error err = { 0 };

	put("state.json", data, size);
	if (state_read(directory, &state, &err) < 0) {
		require(err.text[0] != '\0', "an error has a text");
		return;
	}
	require(state.phase > 0 && state.id != NULL, "a state is whole");
	state_spec_json(&once, &state, CONTAINER_STOPPED, 0);
	require(state_write(directory, &state, &err) == 0, "a state can be written");
	state_free(&state);
	require(state_read(directory, &state, &err) == 0, "what was written can be read");
	state_spec_json(&twice, &state, CONTAINER_STOPPED, 0);
	require(strcmp(once.data, twice.data) == 0, "written twice is the same");
}

static void read_statistics(const uint8_t *data, size_t size, bool v2)
{
	struct cgroup_hierarchy hierarchies[] = {
		{ .name = v2 ? "" : "cpu,cpuacct,cpuset,memory,blkio,pids,rdma,hugetlb,misc",
			.mount = base,
			.directory = base,
			.fd = -1 }
	};
	cleanup_arena struct arena arena = { 0 };
	struct cgroup cgroup = {
		.layout = v2 ? CGROUP_V2 : CGROUP_V1, .arena = &arena, .path = "/x", .fd = -1
	};
	struct json_writer *w = json_writer_new(0);
	cleanup_buf struct buf out = { 0 };
	struct pid_list pids;
	struct error err = { 0 };
	uint64_t bytes;

	cgroup.hierarchies.v = hierarchies;
	cgroup.hierarchies.n = 1;
	for (size_t i = 0; i < FILES; i++)
		put(files[i], data, size);
	cgroup_stats(&cgroup, w, &err);
	json_writer_finish(w, &out);
	cgroup_memory_usage(&cgroup, &bytes, &err);
	if (cgroup_pids(&cgroup, &pids, &err) == 0)
		mem_free(pids.v);
	fd_close(&hierarchies[0].fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return make_base();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		read_state(data + 1, size - 1);
	else
		read_statistics(data + 1, size - 1, data[0] & 2);
	return 0;
}
