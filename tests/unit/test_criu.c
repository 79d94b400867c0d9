/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said to CRIU and what it says, byte by byte; and what is edited of its images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "linux/criu/criu.h"
#include "linux/criu/criu_images.h"
#include "linux/criu/protobuf.h"
#include "linux/mount/mountinfo.h"

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

static void assert_bytes(const struct buf *got, const uint8_t *expected, size_t len)
{
	assert_int_equal(got->len, len);
	assert_memory_equal(got->data, expected, len);
}

static void requests(void **state)
{
	cleanup_buf struct buf version = { 0 }, features = { 0 }, yes = { 0 }, no = { 0 };

	(void)state;
	criu_encode(&version, CRIU_VERSION, NULL);
	assert_bytes(&version, BYTES(0x08, 10, 0x20, 1));
	criu_encode(&features, CRIU_FEATURES, NULL);
	assert_bytes(&features, BYTES(0x08, 9, 0x20, 1, 0x2a, 4, 0x08, 1, 0x10, 1));
	criu_encode_notified(&yes, true);
	assert_bytes(&yes, BYTES(0x08, 6, 0x18, 1));
	criu_encode_notified(&no, false);
	assert_bytes(&no, BYTES(0x08, 6, 0x18, 0));
}

static void options(void **state)
{
	struct criu_inherited inherited[] = { { "pipe:[7]", 1 } };
	struct criu_pair roots[] = { { "cpu", "/a" }, { NULL, "/b" } };
	struct criu_options options = { .images_fd = 3,
		.pid = 300,
		.leave_running = true,
		.log_file = "l",
		.cgroups_mode = { true, CRIU_CGROUPS_IGNORE },
		.status_fd = { true, -1 },
		.page_server = { "h", 5 } };
	const char *external[] = { "mnt[/x]:hull-0" };
	cleanup_buf struct buf out = { 0 };

	(void)state;
	options.external.v = external;
	options.external.n = 1;
	options.inherited.v = inherited;
	options.inherited.n = 1;
	options.cgroup_roots.v = roots;
	options.cgroup_roots.n = 2;
	criu_encode(&out, CRIU_DUMP, &options);
	assert_bytes(&out,
		BYTES(0x08, 1, 0x12, 83, 0x08, 3, 0x10, 0xac, 2, 0x18, 1, 0x52, 1,
			'l', /* 1, 2, 3, 10 */
			0xca, 1, 9, 0x0a, 3, 'c', 'p', 'u', 0x12, 2, '/', 'a', 0xca, 1, 4, 0x12, 2,
			'/', 'b',   /* 25 */
			0x90, 2, 0, /* 34 */
			0xaa, 2, 14, 'm', 'n', 't', '[', '/', 'x', ']', ':', 'h', 'u', 'l', 'l',
			'-', '0',                                                         /* 37 */
			0x88, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, /* 49 */
			0xda, 1, 12, 0x0a, 8, 'p', 'i', 'p', 'e', ':', '[', '7', ']', 0x10,
			1, /* 27 */
			0x5a, 5, 0x0a, 1, 'h', 0x10, 5 /* 11 */));
}

static void answers(void **state)
{
	struct criu_answer answer;
	const uint8_t restored[] = { 0x08, 2, 0x10, 1, 0x22, 3, 0x08, 0xac, 2 };
	const uint8_t notified[] = { 0x08, 6, 0x10, 1, 0x2a, 5, 0x0a, 1, 's', 0x10, 9 };
	const uint8_t failed[] = { 0x08, 1, 0x10, 0, 0x38, 22, 0x4a, 2, 'n', 'o', 0x9a, 6, 1,
		'x' }; /* and an unknown field 99 */
	const uint8_t version[] = { 0x08, 10, 0x10, 1, 0x52, 6, 0x08, 4, 0x10, 1, 0x20, 2 };
	const uint8_t features[] = { 0x08, 9, 0x10, 1, 0x42, 4, 0x08, 1, 0x10, 0 };

	(void)state;
	assert_int_equal(criu_decode(restored, sizeof restored, &answer), 0);
	assert_int_equal(answer.type, CRIU_RESTORE);
	assert_true(answer.success);
	assert_int_equal(answer.restored, 300);
	assert_int_equal(criu_decode(notified, sizeof notified, &answer), 0);
	assert_string_equal(answer.script, "s");
	assert_int_equal(answer.notified, 9);
	assert_int_equal(criu_decode(failed, sizeof failed, &answer), 0);
	assert_false(answer.success);
	assert_int_equal(answer.error, 22);
	assert_string_equal(answer.message, "no");
	assert_int_equal(criu_decode(version, sizeof version, &answer), 0);
	assert_int_equal(answer.major * 100 + answer.minor * 10 + answer.sublevel, 412);
	assert_int_equal(criu_decode(features, sizeof features, &answer), 0);
	assert_true(answer.mem_track && !answer.lazy_pages);
}

static void broken_answers(void **state)
{
	struct criu_answer answer;
	static uint8_t long_message[3 + 1000] = { 0x4a, 0xe8, 7 };
	const uint8_t whole[] = { 0x08, 6, 0x10, 1, 0x2a, 5, 0x0a, 1, 's', 0x10, 9 };

	(void)state;
	memset(long_message + 3, 'x', 1000);
	assert_int_equal(criu_decode(long_message, sizeof long_message, &answer), 0);
	assert_int_equal(strlen(answer.message), CRIU_MESSAGE_MAX - 1);
	for (size_t len = 0; len < sizeof whole;
		len++) /* cut off anywhere: an error, or a message up to there */
		assert_int_equal(criu_decode(whole, len, &answer),
			len == 0 || len == 2 || len == 4 ? 0 : -1);
	assert_int_equal(criu_decode(BYTES(0x00, 1), &answer), -1);
	assert_int_equal(criu_decode(BYTES(0x0b), &answer), -1);
	assert_int_equal(
		criu_decode(BYTES(0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
			&answer),
		-1);
	assert_int_equal(criu_decode(BYTES(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					     0xff, 0xff, 1),
				 &answer),
		-1);
}

enum { HEADER = 8 };
static const uint8_t header[HEADER] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void put_message(struct buf *image, const struct buf *message)
{
	uint32_t size = (uint32_t)message->len;

	if (image->len == 0)
		buf_append(image, header, HEADER);
	buf_append(image, &size, sizeof size);
	buf_append(image, message->data, message->len);
}

/* An open file as files.img has it. */
static void put_file(struct buf *image, const char *name, bool loosened)
{
	cleanup_buf struct buf reg = { 0 }, entry = { 0 };

	protobuf_put_number(&reg, 1, 4);
	protobuf_put_number(&reg, 3, loosened ? -1 : 60);
	protobuf_put_string(&reg, 6, name);
	if (!loosened) {
		protobuf_put_number(&reg, 8, 60);
		protobuf_put_number(&reg, 10, 0100644);
	}
	protobuf_put_number(&entry, 1, 1);
	protobuf_put_bytes(&entry, 3, reg.data, reg.len);
	put_message(image, &entry);
}

static void streams_are_loosened(void **state)
{
	const char *names[] = { "", "file[1b:2]", "pipe:[4]" };
	string_list list = { names, 3 };
	cleanup_buf struct buf image = { 0 }, expected = { 0 }, got = { 0 };
	int accepted = 0;

	(void)state;
	put_file(&image, "/bin/sh", false);
	put_file(&image, "file[1b:2]", false);
	put_file(&expected, "/bin/sh", false);
	put_file(&expected, "file[1b:2]", true);
	assert_int_equal(criu_images_loosen(&got, image.data, image.len, &list), 0);
	assert_bytes(&got, (const uint8_t *)expected.data, expected.len);
	for (size_t len = 0; len < image.len; len++) {
		cleanup_buf struct buf cut = { 0 };

		accepted += criu_images_loosen(&cut, image.data, len, &list) == 0;
	}
	assert_int_equal(
		accepted, 2); /* cut off where a message ends: before the first, and behind it */
}

static void put_mount(struct buf *image, const char *point, uint32_t shared, uint32_t master,
	const char *external)
{
	cleanup_buf struct buf entry = { 0 };

	protobuf_put_string(&entry, 7, point);
	if (shared != 0)
		protobuf_put_number(&entry, 10, shared);
	if (master != 0)
		protobuf_put_number(&entry, 11, master);
	protobuf_put_string(&entry, 18, external);
	put_message(image, &entry);
}

static void mounts_are_cut_off(void **state)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf image = { 0 }, expected = { 0 }, got = { 0 };
	peer_groups groups = { 0 };

	(void)state;
	put_mount(&image, "/", 3, 77, NULL);
	put_mount(&image, "/volume", 0, 77, "hull-1");
	put_mount(&image, "/peer", 5, 0, "hull-2");
	put_mount(&image, "/inside", 0, 3, NULL);
	put_mount(&image, "/of-a-peer", 0, 5, NULL);
	assert_int_equal(criu_images_groups(image.data, image.len, &arena, &groups), 0);
	assert_int_equal(groups.n, 1);
	assert_int_equal(groups.v[0], 3);
	put_mount(&expected, "/", 3, 0, NULL);
	put_mount(&expected, "/volume", 0, 0, "hull-1");
	put_mount(&expected, "/peer", 0, 0, "hull-2");
	put_mount(&expected, "/inside", 0, 3, NULL);
	put_mount(&expected, "/of-a-peer", 0, 0, NULL);
	assert_int_equal(criu_images_cut(&got, image.data, image.len, &groups), 0);
	assert_bytes(&got, (const uint8_t *)expected.data, expected.len);
	assert_int_equal(criu_images_cut(&got, image.data, image.len - 1, &groups), -1);
	assert_int_equal(criu_images_groups("short", 5, &arena, &groups), -1);
}

static void mountinfo_of_a_container(void **state)
{
	static const char text[] = "21 1 8:1 / / rw,relatime master:1 - ext4 /dev/vda rw\n"
				   "no mount\n22 21 0:5 /a\\040b /p\\134x ro - tmpfs none rw\n"
				   "23 21 0:6 / /c rw - cgroup cgroup rw,cpu,cpuacct\n";
	cleanup_arena struct arena arena = { 0 };
	mount_entries entries;

	(void)state;
	mountinfo_parse(&arena, text, sizeof text - 1, &entries);
	assert_int_equal(entries.n, 3);
	assert_int_equal(entries.v[0].id, 21);
	assert_string_equal(entries.v[1].root, "/a b");
	assert_string_equal(entries.v[1].point, "/p\\x");
	assert_string_equal(entries.v[1].type, "tmpfs");
	assert_true(mount_entry_has(&entries.v[1], "ro") && !mount_entry_has(&entries.v[0], "ro"));
	assert_string_equal(entries.v[1].filesystem_options, "rw");
	assert_true(mount_options_have(entries.v[2].filesystem_options, "cpu"));
	assert_false(mount_options_have(entries.v[2].filesystem_options, "cpus"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(options),
		cmocka_unit_test(answers),
		cmocka_unit_test(broken_answers),
		cmocka_unit_test(streams_are_loosened),
		cmocka_unit_test(mounts_are_cut_off),
		cmocka_unit_test(mountinfo_of_a_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
