/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resources: whatever an engine asks for, its conversion for cgroup v1 and v2 and for systemd ends
 * with values that are single lines for files without a slash, or with an error that says
 * something; and the device program agrees with the list of rules that it comes from.
 */
#include <string.h>
#include <linux/bpf.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "cgroup/internal.h"
#include "fuzz.h"

static void convert(struct arena *arena, const struct oci_resources *resources, int layout)
{
	static struct cgroup_hierarchy v2[] = {
		{ .name = "", .mount = "/nowhere", .directory = "/nowhere", .fd = -1 }
	};
	static struct cgroup_hierarchy v1[] = { { .name = "memory" }, { .name = "cpu" },
		{ .name = "cpuset" }, { .name = "blkio" }, { .name = "pids" },
		{ .name = "net_cls,net_prio" } };
	struct cgroup cgroup = { .layout = layout, .arena = arena, .fd = -1 };
	cleanup_buf struct buf request = { 0 };
	setting_list settings;
	struct error err = { 0 };

	cgroup.hierarchies.v = layout == CGROUP_V2 ? v2 : v1;
	cgroup.hierarchies.n = layout == CGROUP_V2 ? 1 : ARRAY_SIZE(v1);
	if (resources_settings(&cgroup, resources, "", false, &settings, &err) < 0) {
		require(err.text[0] != '\0', "an error has a text");
		return;
	}
	for (size_t i = 0; i < settings.n; i++) {
		require(!strchr(settings.v[i].file, '/'), "no file outside the cgroup");
		require(settings.v[i].property[0] == '/', "a property");
	}
	systemd_properties(&settings, &request);
}

static void compile(struct arena *arena, const struct oci_resources *resources)
{
	struct bpf_insn *program = NULL;
	device_rules rules;

	if (device_rules_read(arena, resources, NULL, &rules, NULL) == 0)
		require(devices_program(&rules, &program) > 0, "a program");
	mem_free(program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int quiet;
	cleanup_arena struct arena arena = { 0 };
	struct oci_resources resources = { 0 };

	if (!quiet)
		quiet = log_open("/dev/null", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, NULL) == 0;
	if (config_decode_resources(
		    &arena, &resources, "resources", (const char *)data, size, NULL) < 0)
		return 0;
	convert(&arena, &resources, CGROUP_V2);
	convert(&arena, &resources, CGROUP_V1);
	compile(&arena, &resources);
	return 0;
}
