/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Converts limits and device rules to properties of a systemd unit.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/text/bitlist.h"
#include "cgroup/systemd/internal.h"

/* Reads a whole number; "max", or "-1" on v1, is infinity for systemd. */
static bool read_limit(const char *text, uint64_t *value)
{
	char *end;

	if (strcmp(text, "max") == 0 || strcmp(text, "-1") == 0)
		return *value = UINT64_MAX, true;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

static void put_limit(struct buf *request, const char *name, const char *value)
{
	uint64_t limit;

	if (read_limit(value, &limit))
		request_number(request, name, limit);
}

/* systemd refuses 0, so it gets 1; the file has the exact value. */
static void put_tasks(struct buf *request, const char *name, const char *value)
{
	uint64_t limit;

	if (read_limit(value, &limit))
		request_number(request, name, limit ? limit : 1);
}

/* cpu.weight, io.weight: "100", for io.weight also "default 100". */
static void put_weight(struct buf *request, const char *name, const char *value)
{
	put_limit(request, name, strncmp(value, "default ", 8) == 0 ? value + 8 : value);
}

/* For systemd, an idle cgroup has the weight 0. */
static void put_idle(struct buf *request, const char *name, const char *value)
{
	if (strcmp(value, "1") == 0)
		request_number(request, name, 0);
}

/*
 * "QUOTA|max [PERIOD]" in microseconds. systemd stores whole percentages of a CPU. Round up: then
 * systemd's limit is never below the exact value, which is written to the file afterwards.
 */
static void put_quota(struct buf *request, const char *name, const char *value)
{
	uint64_t period = 100000, quota;
	char first[32];
	int n = sscanf(value, "%31s %" SCNu64, first, &period);

	if (n < 1 || !read_limit(first, &quota) || period == 0)
		return;
	if (n == 2)
		request_number(request, "CPUQuotaPeriodUSec", period);
	if (quota != UINT64_MAX)
		quota = (quota / period * 100 + (quota % period * 100 + period - 1) / period) *
			10000;
	request_number(request, name, quota);
}

/* Converts "0-2,5" to systemd's bit mask in bytes. */
static void put_cpus(struct buf *request, const char *name, const char *value)
{
	cleanup_bitlist struct bitlist list = { 0 };
	size_t bytes = 0;

	if (bitlist_parse(value, &list, NULL) < 0)
		return;
	for (size_t bit = 0; bit < bitlist_end(&list); bit++)
		if (bitlist_has(&list, bit))
			bytes = bit / 8 + 1;
	request_property(request, PROPERTY_BYTES, name);
	request_count(request, (uint32_t)bytes);
	for (size_t i = 0; i < bytes; i++) {
		uint8_t byte = 0;

		for (size_t bit = 0; bit < 8; bit++)
			byte |= (uint8_t)(bitlist_has(&list, 8 * i + bit) << bit);
		buf_append(request, &byte, sizeof byte);
	}
}

/*
 * The settings that systemd has properties for. For I/O limits it names devices by path, rounds
 * partitions to disks, and leaves other devices alone, so those limits are set only through
 * cgroupfs.
 */
static const struct translation {
	bool v2;
	const char *file, *property;
	void (*put)(struct buf *request, const char *name, const char *value);
} translations[] = {
	{ true, "memory.max", "MemoryMax", put_limit },
	{ true, "memory.high", "MemoryHigh", put_limit },
	{ true, "memory.low", "MemoryLow", put_limit },
	{ true, "memory.min", "MemoryMin", put_limit },
	{ true, "memory.swap.max", "MemorySwapMax", put_limit },
	{ true, "memory.zswap.max", "MemoryZSwapMax", put_limit },
	{ true, "cpu.weight", "CPUWeight", put_weight },
	{ true, "cpu.idle", "CPUWeight", put_idle },
	{ true, "cpu.max", "CPUQuotaPerSecUSec", put_quota },
	{ true, "cpuset.cpus", "AllowedCPUs", put_cpus },
	{ true, "cpuset.mems", "AllowedMemoryNodes", put_cpus },
	{ true, "io.weight", "IOWeight", put_weight },
	{ true, "pids.max", "TasksMax", put_tasks },
	{ false, "memory.limit_in_bytes", "MemoryLimit", put_limit },
	{ false, "cpu.shares", "CPUShares", put_limit },
	{ false, "cpu.max", "CPUQuotaPerSecUSec", put_quota },
	{ false, "blkio.weight", "BlockIOWeight", put_limit },
	{ false, "pids.max", "TasksMax", put_tasks },
};

void systemd_properties(const setting_list *settings, struct buf *request)
{
	for (size_t i = 0; i < settings->n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(translations); j++)
			if (translations[j].v2 == settings->v[i].v2 &&
				strcmp(translations[j].file, settings->v[i].file) == 0)
				translations[j].put(
					request, translations[j].property, settings->v[i].value);
}

/* ---- devices ---- */

/* Calls put for every driver of a major number, by systemd's name: "char-NAME". */
static size_t put_drivers(struct buf *list, const struct device_match *rule, const char *access)
{
	cleanup_buf struct buf text = { 0 };
	char *save = NULL, section = 0, name[64];
	long long major;
	size_t n = 0;

	if (file_read(AT_FDCWD, "/proc/devices", &text, NULL) < 0)
		return 0;
	for (char *line = strtok_r(text.data, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		if (*line == 'C' || *line == 'B')
			section = *line == 'C' ? 'c' : 'b';
		else if (section == rule->type && sscanf(line, "%lld %63s", &major, name) == 2 &&
			major == rule->major) {
			buf_printf(list, "%s-%s%c%s%c", section == 'c' ? "char" : "block", name, 0,
				access, 0);
			n++;
		}
	}
	return n;
}

static size_t put_device(struct buf *list, const struct device_match *rule)
{
	const char *kind = rule->type == 'c' ? "char" : "block";
	char access[4];

	if (!rule->access)
		return 0;
	snprintf(access, sizeof access, "%s%s%s", rule->access & DEVICE_READ ? "r" : "",
		rule->access & DEVICE_WRITE ? "w" : "", rule->access & DEVICE_MKNOD ? "m" : "");
	if (rule->major >= 0 && rule->minor < 0)
		return put_drivers(list, rule, access);
	if (rule->major < 0 && rule->minor >= 0)
		return 0; /* systemd can't express it */
	if (rule->major < 0)
		buf_printf(list, "%s-*%c%s%c", kind, 0, access, 0);
	else
		buf_printf(list, "/dev/%s/%" PRId64 ":%" PRId64 "%c%s%c", kind, rule->major,
			rule->minor, 0, access, 0);
	return 1;
}

void systemd_device_properties(const struct device_exceptions *exceptions, struct buf *request)
{
	cleanup_buf struct buf list = { 0 };
	size_t n = 0;

	request_text(request, "DevicePolicy", exceptions->allow ? "auto" : "strict");
	/* an empty list clears the old one */
	request_property(request, PROPERTY_PAIRS, "DeviceAllow");
	request_count(request, 0);
	for (size_t i = 0; !exceptions->allow && i < exceptions->list.n; i++)
		n += put_device(&list, &exceptions->list.v[i]);
	if (n) {
		request_property(request, PROPERTY_PAIRS, "DeviceAllow");
		request_count(request, (uint32_t)n);
		buf_append(request, list.data, list.len);
	}
}

void systemd_annotations(const string_map *annotations, struct buf *request)
{
	for (size_t i = 0; annotations && i < annotations->n; i++) {
		const struct string_pair *annotation = &annotations->v[i];

		if (strncmp(annotation->key, SYSTEMD_ANNOTATION, strlen(SYSTEMD_ANNOTATION)) != 0)
			continue;
		request_property(request, PROPERTY_ANNOTATION, annotation->key);
		request_string(request, annotation->value);
	}
}
