/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/namespaces/time_offsets.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/mem.h"

int time_offsets_text(
	const struct oci_time_offset_entry *offsets, size_t n, struct buf *text, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(offsets[i].key, "monotonic") != 0 &&
			strcmp(offsets[i].key, "boottime") != 0)
			return error_set(err, 0,
				"/linux/timeOffsets/%s: not a clock of a time namespace: monotonic "
				"and boottime are",
				offsets[i].key);
		buf_printf(text, "%s %" PRId64 " %" PRIu32 "\n", offsets[i].key,
			offsets[i].value.secs, offsets[i].value.nanosecs);
	}
	return 0;
}

static const struct explanation rows[] = {
	{ ERANGE, NULL, NULL,
		"a clock of the container would be before 0 or too far in the future" },
	EXPLANATIONS_END,
};

int time_offsets_write(const struct oci_time_offset_entry *offsets, size_t n, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	if (n == 0)
		return 0;
	if (time_offsets_text(offsets, n, &text, err) < 0)
		return -1;
	if (file_write(AT_FDCWD, "/proc/self/timens_offsets", text.data, err) == 0)
		return 0;
	explain(rows, NULL, NULL, err);
	return error_prefix(err, "/linux/timeOffsets");
}
