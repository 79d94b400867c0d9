/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/capability.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "linux/process/capabilities.h"
#include "support.h"

#define BIT(capability) (UINT64_C(1) << (capability))

static struct buf warnings;

static void collect(void *context, enum log_level level, const char *text)
{
	buf_printf(context, "%d %s\n", (int)level, text);
}

static int tear_down(void **state)
{
	(void)state;
	buf_free(&warnings);
	return 0;
}

static const char *warned(void)
{
	return warnings.data != NULL ? warnings.data : "";
}

static void names_and_numbers(void **state)
{
	cleanup_buf struct buf name = { 0 };

	(void)state;
	assert_int_equal(capability_from_name("CAP_CHOWN"), CAP_CHOWN);
	assert_int_equal(capability_from_name("CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
	assert_int_equal(capability_from_name("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
	assert_int_equal(capability_from_name("CAP_FLY"), -1);
	assert_int_equal(capability_from_name("chown"), -1);
	assert_int_equal(capability_from_name("0"), -1);
	assert_int_equal(capability_from_name("CAP_0"), -1);
	assert_int_equal(capability_from_name(""), -1);
	for (int i = 0; i <= CAP_LAST_CAP; i++) {
		buf_clear(&name);
		capability_name(i, &name);
		assert_memory_equal(name.data, "CAP_", 4);
		assert_int_equal(capability_from_name(name.data), i);
	}
}

static void absent_means_none(void **state)
{
	struct capability_sets sets = { 1, 2, 3, 4, 5 };

	(void)state;
	capabilities_resolve(NULL, &sets);
	assert_true((sets.bounding | sets.effective | sets.inheritable | sets.permitted |
			    sets.ambient) == 0);
}

static void unknown_names_are_warned_of(void **state)
{
	const char *names[] = { "CAP_KILL", "CAP_FLY", "CAP_CHOWN" };
	struct oci_capabilities config = { .bounding = { names, 3 }, .ambient = { names, 1 } };
	struct capability_sets sets;

	(void)state;
	buf_clear(&warnings);
	capabilities_resolve(&config, &sets);
	assert_true(sets.bounding == (BIT(CAP_KILL) | BIT(CAP_CHOWN)));
	assert_true(sets.ambient == BIT(CAP_KILL));
	assert_true(sets.permitted == 0);
	assert_string_equal(warned(),
		"1 /process/capabilities/bounding/1: \"CAP_FLY\" is not known and left out\n");
}

static uint64_t status(const char *set)
{
	cleanup_buf struct buf text = { 0 };
	cleanup_free char *name = mem_printf("\n%s:\t", set);
	const char *line;
	uint64_t value = 0;

	if (file_read(AT_FDCWD, "/proc/self/status", &text, NULL) < 0 ||
		(line = strstr(text.data, name)) == NULL)
		return UINT64_MAX;
	sscanf(line + strlen(name), "%" SCNx64, &value);
	return value;
}

/* In a child, since there is no way back. Returns its exit status. */
static int apply(struct capability_sets sets, uid_t uid, struct capability_sets want)
{
	pid_t pid = fork();

	if (pid != 0)
		return process_wait(pid);
	if (capabilities_drop_bounding(&sets, &err) < 0 || setresuid(uid, uid, uid) < 0 ||
		capabilities_apply(&sets, 0, &err) < 0) {
		print_error("%s\n", err.text);
		_exit(2);
	}
	_exit(status("CapBnd") != want.bounding || status("CapEff") != want.effective ||
		status("CapInh") != want.inheritable || status("CapPrm") != want.permitted ||
		status("CapAmb") != want.ambient);
}

static void need_root(void)
{
	if (geteuid() != 0 || !(status("CapEff") & BIT(CAP_SETPCAP)) ||
		!(status("CapEff") & BIT(CAP_SETUID)))
		skip();
}

static void given_to_root(void **state)
{
	const uint64_t some = BIT(CAP_KILL) | BIT(CAP_CHOWN);
	const struct capability_sets sets = {
		.bounding = some, .permitted = some, .effective = BIT(CAP_KILL)
	};

	(void)state;
	need_root();
	assert_int_equal(apply(sets, 0, sets), 0);
	assert_int_equal(apply((struct capability_sets){ 0 }, 0, (struct capability_sets){ 0 }), 0);
}

static void kept_by_another_user(void **state)
{
	const uint64_t some = BIT(CAP_KILL) | BIT(CAP_CHOWN);
	const struct capability_sets sets = { some, BIT(CAP_CHOWN), some, some, BIT(CAP_KILL) };

	(void)state;
	need_root();
	assert_int_equal(apply(sets, 12345, sets), 0);
}

/* Each set is limited by others; a capability that is left out for that is no error. */
static void what_cannot_be_granted_is_left_out(void **state)
{
	const uint64_t kill = BIT(CAP_KILL), chown = BIT(CAP_CHOWN);
	const struct capability_sets sets = { .bounding = kill | BIT(63),
		.permitted = kill,
		.effective = kill | chown,
		.inheritable = kill | chown,
		.ambient = kill | chown };
	const struct capability_sets want = { .bounding = kill,
		.permitted = kill,
		.effective = kill,
		.inheritable = kill,
		.ambient = kill };

	(void)state;
	need_root();
	assert_int_equal(apply(sets, 12345, want), 0);
}

/* CVE-2016-8867, CVE-2022-29162: what the runtime's caller had in its inheritable and ambient sets
 * goes. */
static void nothing_is_inherited(void **state)
{
	const uint64_t kill = BIT(CAP_KILL);
	const struct capability_sets second = {
		.bounding = kill, .permitted = kill, .effective = kill
	};
	struct capability_sets sets = { UINT64_MAX, UINT64_MAX, kill, UINT64_MAX, kill };

	(void)state;
	need_root();
	if (!in_child())
		return;
	log_to_sink(collect, &warnings);
	CHECK(capabilities_drop_bounding(&sets, &err) == 0 &&
		capabilities_apply(&sets, 0, &err) == 0);
	CHECK(status("CapAmb") == kill && apply(second, 0, second) == 0);
	_exit(0);
}

static void warns_of_what_is_left_out(void **state)
{
	struct capability_sets sets = { .bounding = BIT(CAP_KILL),
		.permitted = BIT(CAP_KILL) | BIT(63),
		.ambient = BIT(CAP_KILL) };

	(void)state;
	need_root();
	if (!in_child())
		return;
	buf_clear(&warnings);
	capabilities_drop_bounding(&sets, NULL);
	CHECK(strstr(warned(), "1 /process/capabilities/permitted: left out 63: ") != NULL);
	CHECK(strstr(warned(), "1 /process/capabilities/ambient: left out CAP_KILL: not in both") !=
		NULL);
	_exit(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(absent_means_none),
		cmocka_unit_test(unknown_names_are_warned_of),
		cmocka_unit_test(given_to_root),
		cmocka_unit_test(kept_by_another_user),
		cmocka_unit_test(what_cannot_be_granted_is_left_out),
		cmocka_unit_test(nothing_is_inherited),
		cmocka_unit_test(warns_of_what_is_left_out),
	};

	log_to_sink(collect, &warnings);
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
