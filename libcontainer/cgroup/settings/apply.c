/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes settings to the files of cgroupfs, and restores earlier values: an update that the kernel
 * refuses halfway changes nothing.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "cgroup/internal.h"

/* ---- one setting ---- */

/*
 * Returns the directory with the setting's file, or -1; *hierarchy: NULL if none has the
 * controller.
 */
static int place_of(struct cgroup *cgroup, const struct setting *setting,
	struct cgroup_hierarchy **hierarchy, struct error *err)
{
	bool v2;

	*hierarchy = cgroup_of_controller(cgroup, setting->controller, &v2);
	return *hierarchy ? cgroup_directory(*hierarchy, err) : -1;
}

static int apply_one(struct cgroup *cgroup, const struct setting *setting, const char *document,
	struct error *err)
{
	struct cgroup_hierarchy *hierarchy;
	int fd = place_of(cgroup, setting, &hierarchy, err), errnum = ENOENT;

	if (hierarchy && fd < 0)
		return -1;
	if (hierarchy && cgroup_write(fd, setting->file, setting->value) == 0)
		return 0;
	if (hierarchy)
		errnum = errno;
	if (hierarchy && errnum == ENOENT && setting->optional)
		return 0;
	error_set(err, errnum, "%s%s: write \"%s\" to %s/%s", document, setting->property,
		setting->value, hierarchy ? hierarchy->directory : CGROUP_ROOT, setting->file);
	return cgroup_explain_write(&(struct cgroup_write){ hierarchy, fd, setting->controller,
					    setting->file, setting->value, setting->v2 },
		err);
}

/* ---- previous values ---- */

/*
 * Files with a line for each device, interface or resource, starting with its name; and the value
 * that means "no limit", for which the file shows no line.
 */
static const struct {
	const char *file, *none;
} keyed[] = {
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.latency", "target=0" },
	{ "io.weight", "default" },
	{ "io.bfq.weight", "default" },
	{ "blkio.bfq.weight_device", "default" },
	{ "blkio.weight_device", "default" },
	{ "blkio.leaf_weight_device", "default" },
	{ "blkio.throttle.read_bps_device", "0" },
	{ "blkio.throttle.write_bps_device", "0" },
	{ "blkio.throttle.read_iops_device", "0" },
	{ "blkio.throttle.write_iops_device", "0" },
	{ "net_prio.ifpriomap", "0" },
	{ "rdma.max", "hca_handle=max hca_object=max" },
	{ "misc.max", "max" },
	{ "dmem.max", "max" },
	{ "dmem.min", "0" },
	{ "dmem.low", "0" },
	{ "io.cost.qos", "enable=0" },
	{ "io.cost.model", "ctrl=auto" },
};

static const char *line_of(const char *text, const char *key, size_t len)
{
	for (; text && *text; text = cgroup_next_line(text))
		if (strncmp(text, key, len) == 0 && text[len] == ' ')
			return text;
	return NULL;
}

/* Returns the value that restores what `value` changes; text: the whole file before. */
static const char *old_value(struct arena *arena, const struct setting *setting, const char *text)
{
	size_t len = strcspn(setting->value, " ");
	const char *line = NULL;
	uint64_t number;

	if (strcmp(setting->file, "memory.oom_control") == 0)
		return cgroup_key(text, "oom_kill_disable", &number) && number ? "1" : "0";
	for (size_t i = 0; i < ARRAY_SIZE(keyed); i++) {
		if (strcmp(keyed[i].file, setting->file) != 0)
			continue;
		line = setting->value[len] ? line_of(text, setting->value, len)
					   : line_of(text, "default", strlen("default"));
		if (!line && setting->value[len])
			return arena_printf(
				arena, "%.*s %s", (int)len, setting->value, keyed[i].none);
	}
	line = line ? line : text;
	/* restore an empty cpuset with a newline: writing zero bytes does nothing */
	return *line ? arena_strndup(arena, line, strcspn(line, "\n")) : "\n";
}

/* Returns NULL if the file can't be read or is missing. */
static const char *value_now(struct cgroup *cgroup, const struct setting *setting)
{
	cleanup_buf struct buf text = { 0 };
	struct cgroup_hierarchy *hierarchy;
	int fd = place_of(cgroup, setting, &hierarchy, NULL);

	if (fd < 0 || file_read(fd, setting->file, &text, NULL) < 0)
		return NULL;
	return old_value(cgroup->arena, setting, text.data ? text.data : "");
}

/* Writes a setting and records its previous value. */
static int apply_noted(struct cgroup *cgroup, const struct setting *setting, const char *document,
	setting_list *undo, struct error *err)
{
	const char *before = undo ? value_now(cgroup, setting) : NULL;

	if (apply_one(cgroup, setting, document, err) < 0)
		return -1;
	if (before) {
		undo->v[undo->n] = *setting;
		undo->v[undo->n].group = GROUP_NONE;
		undo->v[undo->n++].value = before;
	}
	return 0;
}

/* ---- all settings ---- */

/*
 * Writes one group in order; tries refused settings again after the others, as long as that helps.
 */
static int apply_group(struct cgroup *cgroup, const setting_list *group, const char *document,
	setting_list *undo, struct error *err)
{
	cleanup_free bool *done = mem_alloc(group->n + 1);
	size_t left = group->n, before;

	do {
		before = left;
		for (size_t i = 0; i < group->n; i++)
			if (!done[i] &&
				apply_noted(cgroup, &group->v[i], document, undo, err) == 0) {
				done[i] = true;
				left--;
			}
	} while (left && left < before);
	return left ? -1 : 0;
}

/* Writes two files for one purpose, of which one suffices. */
static int apply_either(struct cgroup *cgroup, const setting_list *group, const char *document,
	setting_list *undo, struct error *err)
{
	struct error problem;
	bool done = false;

	problem.code = 0;
	for (size_t i = 0; i < group->n; i++) {
		if (apply_noted(cgroup, &group->v[i], document, undo, &problem) == 0)
			done = true;
		else if (problem.code != ENOENT && problem.code != EOPNOTSUPP)
			return error_copy(err, &problem);
	}
	return done ? 0 : error_copy(err, &problem);
}

int settings_apply(struct cgroup *cgroup, const setting_list *settings, const char *document,
	setting_list *undo, struct error *err)
{
	if (undo)
		*undo = (setting_list){
			arena_alloc(cgroup->arena, (settings->n + 1) * sizeof *undo->v), 0
		};
	for (size_t i = 0, n; i < settings->n; i += n) {
		setting_list group = { &settings->v[i], 0 };

		n = 1;
		if (cgroup->late && strcmp(settings->v[i].file, cgroup->late->file) == 0)
			continue;
		while (settings->v[i].group && i + n < settings->n &&
			settings->v[i + n].group == settings->v[i].group)
			n++;
		group.n = n;
		if ((settings->v[i].group < GROUP_EITHER ? apply_group : apply_either)(
			    cgroup, &group, document, undo, err) < 0)
			return -1;
	}
	return 0;
}

void settings_revert(struct cgroup *cgroup, const setting_list *undo)
{
	setting_list latest_first = { arena_alloc(cgroup->arena, (undo->n + 1) * sizeof *undo->v),
		undo->n };
	struct error problem;

	for (size_t i = 0; i < undo->n; i++)
		latest_first.v[i] = undo->v[undo->n - 1 - i];
	if (apply_group(cgroup, &latest_first, "resources: ", NULL, &problem) < 0)
		log_warning("the refused update isn't undone: %s", problem.text);
}
