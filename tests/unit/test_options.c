/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parser of options and the readers of their arguments (src/options.c, src/values.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/options.c"
#include "../../src/values.c"
#include "base/list.h"

struct target {
	bool detach, tty;
	struct opt_bool privileges;
	const char *bundle, *cpus;
	string_list env;
	int format, fd;
	unsigned count;
	struct opt_int64 quota, memory;
	struct opt_uint64 period;
	struct opt_uint16 weight;
	uint64_t interval;
	LIST(uint32_t) gids;
	struct exec_user user;
};

static const char *const formats[] = { "table", "json", NULL };

#define ROW(name, letter, argument, parse, member, ...)                                 \
	{                                                                               \
		name, letter, argument, "help", parse, offsetof(struct target, member), \
			__VA_ARGS__                                                     \
	}
static const struct option table[] = {
	ROW("detach", 'd', NULL, option_bool, detach),
	ROW("tty", 't', NULL, option_bool, tty),
	ROW("no-new-privs", 0, NULL, option_opt_bool, privileges),
	ROW("bundle", 'b', "DIR", option_string, bundle),
	ROW("cpus", 0, "LIST", option_text, cpus),
	ROW("env", 'e', "NAME=VALUE", option_strings, env),
	ROW("format", 'f', "FORMAT", option_choice, format, "table", formats),
	ROW("status-fd", 0, "N", option_fd, fd, "-1"),
	ROW("preserve-fds", 0, "N", option_count, count),
	ROW("cpu-quota", 0, "N", option_int64, quota),
	ROW("memory", 0, "BYTES", option_bytes, memory),
	ROW("cpu-period", 0, "N", option_uint64, period),
	ROW("blkio-weight", 0, "N", option_uint16, weight),
	ROW("interval", 0, "DURATION", option_duration, interval, "5s"),
	ROW("additional-gids", 'g', "GID", option_gids, gids),
	ROW("user", 'u', "UID[:GID]", option_user, user),
	{ .name = NULL },
};

static const struct option elsewhere[] = {
	{ "root", 0, "DIR", "help", option_string, 0 },
	{ .name = NULL },
};

static struct arena arena;
static struct target got;
static string_list rest;
static bool help;
static struct error err;

/* Parses the words up to NULL into got, rest and help. */
static int parse(int stop, ...)
{
	char *words[16];
	int n = 0;
	va_list ap;

	arena_free(&arena);
	memset(&got, 0, sizeof got);
	memset(&rest, 0, sizeof rest);
	memset(&err, 0, sizeof err);
	help = false;
	va_start(ap, stop);
	while ((words[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	struct parsing p = { .table = table,
		.elsewhere = elsewhere,
		.stop_at_argument = stop,
		.argc = n,
		.argv = words,
		.target = &got,
		.arena = &arena };
	int result = options_parse(&p, &err);

	rest = p.arguments;
	help = p.help;
	return result;
}
#define PARSE(...) parse(false, __VA_ARGS__, NULL)
#define PARSE_STOP(...) parse(true, __VA_ARGS__, NULL)

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void test_every_spelling_of_an_option(void **state)
{
	(void)state;
	static const char *const spellings[][3] = {
		{ "--bundle", "/b", NULL },
		{ "--bundle=/b", NULL },
		{ "-bundle", "/b", NULL },
		{ "-bundle=/b", NULL },
		{ "-b", "/b", NULL },
		{ "-b=/b", NULL },
		{ "-b/b", NULL },
		{ "--b", "/b", NULL },
		{ "--b=/b", NULL },
		{ "-db", "/b", NULL },
		{ "-tdb/b", NULL },
		{ "-tb=/b", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		assert_int_equal(parse(false, spellings[i][0], spellings[i][1], NULL), 0);
		assert_string_equal(got.bundle, "/b");
		assert_int_equal(rest.n, 0);
	}
	assert_int_equal(PARSE("--bundle=a=b"), 0);
	assert_string_equal(got.bundle, "a=b");
	assert_int_equal(
		PARSE("--bundle", "--detach"), 0); /* an argument may look like an option */
	assert_string_equal(got.bundle, "--detach");
	assert_false(got.detach);
}

static void test_booleans(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-d", "--tty"), 0);
	assert_true(got.detach && got.tty);
	assert_int_equal(PARSE("-dt"), 0);
	assert_true(got.detach && got.tty);
	assert_int_equal(PARSE("--detach=false", "-t=true"), 0);
	assert_true(!got.detach && got.tty);
	assert_int_equal(PARSE("-d", "--detach=0"), 0);
	assert_false(got.detach);
	assert_int_equal(PARSE("--no-new-privs=F"), 0);
	assert_true(got.privileges.set && !got.privileges.value);
	assert_int_equal(PARSE("--detach", "false"), 0); /* a boolean takes no second word */
	assert_true(got.detach);
	assert_string_equal(rest.v[0], "false");
	assert_int_equal(PARSE("--detach=maybe"), -1);
	assert_string_equal(
		err.text, "invalid value \"maybe\" for flag -detach: expected true or false");
	assert_int_equal(PARSE("--detach="), -1);
}

static void test_options_before_and_after_arguments(void **state)
{
	(void)state;
	assert_int_equal(PARSE("id", "--memory", "1m", "-", "--", "-d", "--"), 0);
	assert_int_equal(got.memory.value, 1048576);
	assert_false(got.detach);
	assert_int_equal(rest.n, 4);
	assert_string_equal(rest.v[0], "id");
	assert_string_equal(rest.v[1], "-");
	assert_string_equal(rest.v[2], "-d");
	assert_string_equal(rest.v[3], "--");
	assert_int_equal(PARSE("--bundle", "-", "id"), 0);
	assert_string_equal(got.bundle, "-");
}

static void test_stopping_at_the_first_argument(void **state)
{
	(void)state;
	assert_int_equal(PARSE_STOP("-d", "id", "-t", "--help", "--", "--nope"), 0);
	assert_true(got.detach && !got.tty && !help);
	assert_int_equal(rest.n, 5);
	assert_string_equal(rest.v[1], "-t");
	assert_string_equal(rest.v[3], "--");
	assert_int_equal(PARSE_STOP("--", "-t"), 0);
	assert_int_equal(rest.n, 1);
	assert_string_equal(rest.v[0], "-t");
}

static void test_what_is_not_an_option(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--bad"), -1);
	assert_string_equal(err.text, "flag provided but not defined: -bad");
	assert_int_equal(PARSE("--bad=1"), -1);
	assert_string_equal(err.text, "flag provided but not defined: -bad");
	assert_int_equal(PARSE("-dx"), -1);
	assert_string_equal(err.text, "flag provided but not defined: -dx");
	assert_int_equal(PARSE("--det"), -1); /* no abbreviations */
	assert_int_equal(PARSE("--d-"), -1);
	assert_int_equal(PARSE("--=x"), -1);
	assert_int_equal(PARSE("--bundle"), -1);
	assert_string_equal(err.text, "flag needs an argument: -bundle");
	assert_int_equal(PARSE("-db"), -1);
	assert_string_equal(err.text, "flag needs an argument: -b");
	assert_int_equal(PARSE("--bundle="), -1);
	assert_int_equal(PARSE("--cpus="), 0);
	assert_string_equal(got.cpus, "");
}

static void test_help_ends_the_parsing(void **state)
{
	(void)state;
	assert_int_equal(PARSE("id", "--help", "--bad"), 0);
	assert_true(help);
	assert_int_equal(PARSE("-h"), 0);
	assert_true(help);
	assert_int_equal(PARSE("-dh"), 0);
	assert_true(help);
	assert_int_equal(PARSE("-help"), 0);
	assert_true(help);
}

static void test_fallbacks_and_choices(void **state)
{
	(void)state;
	assert_int_equal(PARSE("id"), 0);
	assert_int_equal(got.format, 1);
	assert_int_equal(got.fd, -1);
	assert_int_equal(got.interval, 5000);
	assert_int_equal(PARSE("-f", "json", "--status-fd=3"), 0);
	assert_int_equal(got.format, 2);
	assert_int_equal(got.fd, 3);
	assert_int_equal(PARSE("--format", "JSON"), -1);
	assert_string_equal(
		err.text, "invalid value \"JSON\" for flag -format: expected table or json");
	assert_int_equal(PARSE("--status-fd", "-2"), -1);
	assert_int_equal(PARSE("--status-fd", "2147483648"), -1);
}

static void test_repeated_options(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-e", "A=1", "--env", "B=2,3", "-eC=", "-g", "1,2", "-g3"), 0);
	assert_int_equal(got.env.n, 3);
	assert_string_equal(got.env.v[0], "A=1");
	assert_string_equal(got.env.v[1], "B=2,3");
	assert_string_equal(got.env.v[2], "C=");
	assert_int_equal(got.gids.n, 3);
	assert_int_equal(got.gids.v[2], 3);
	assert_int_equal(PARSE("-g", "1,"), -1);
	assert_int_equal(PARSE("-g", "wheel"), -1);
	assert_int_equal(PARSE("-b", "a", "-b", "b"), 0); /* the last one counts */
	assert_string_equal(got.bundle, "b");
}

static void test_numbers_are_whole_and_in_range(void **state)
{
	(void)state;
	static const char *const bad[] = { "", " 1", "1 ", "+1", "0x10", "1e3", "1.0",
		"99999999999999999999", "one", "--1", "-" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(PARSE("--cpu-quota", bad[i]), -1);
		assert_int_equal(PARSE("--cpu-period", bad[i]), -1);
		assert_int_equal(PARSE("--preserve-fds", bad[i]), -1);
		assert_int_equal(PARSE("--blkio-weight", bad[i]), -1);
	}
	assert_int_equal(PARSE("--cpu-quota", "-9223372036854775808"), 0);
	assert_true(got.quota.set && got.quota.value == INT64_MIN);
	assert_int_equal(PARSE("--cpu-quota", "9223372036854775807"), 0);
	assert_true(got.quota.value == INT64_MAX);
	assert_int_equal(PARSE("--cpu-quota", "9223372036854775808"), -1);
	assert_int_equal(PARSE("--cpu-quota", "-9223372036854775809"), -1);
	assert_int_equal(PARSE("--cpu-period", "18446744073709551615"), 0);
	assert_true(got.period.set && got.period.value == UINT64_MAX);
	assert_int_equal(PARSE("--cpu-period", "18446744073709551616"), -1);
	assert_int_equal(PARSE("--cpu-period", "-1"), -1);
	assert_int_equal(PARSE("--blkio-weight", "65535"), 0);
	assert_int_equal(PARSE("--blkio-weight", "65536"), -1);
	assert_int_equal(PARSE("--preserve-fds", "4294967297"), -1);
	assert_int_equal(PARSE("--preserve-fds", "010"), 0); /* decimal, as everywhere */
	assert_int_equal(got.count, 10);
}

static void test_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "512", 512 },
		{ "512b", 512 },
		{ "10k", 10240 },
		{ "10K", 10240 },
		{ "10kb", 10240 },
		{ "10KiB", 10240 },
		{ "3m", 3145728 },
		{ "1g", 1073741824 },
		{ "2TB", 2199023255552 },
		{ "1p", 1125899906842624 },
		{ "1.5g", 1610612736 },
		{ "0.5k", 512 },
		{ "1.25m", 1310720 },
		{ "-1", -1 },
		{ "9223372036854775807", INT64_MAX },
	};
	static const char *const bad[] = { "", "k", "1x", "1kk", "1 k", "-2", "-1k", "1.5.5k",
		".5k", "9223372036854775808", "9000p", "1ib", "1bb", "1kbb", "k1", "1-" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(PARSE("--memory", good[i].text), 0);
		assert_true(got.memory.set);
		assert_int_equal(got.memory.value, good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(PARSE("--memory", bad[i]), -1);
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {
		{ "5s", 5000 },
		{ "100ms", 100 },
		{ "1m", 60000 },
		{ "1m30s", 90000 },
		{ "1.5h", 5400000 },
		{ "1h1m1s1ms", 3661001 },
		{ "250us", 1 },
		{ "1ns", 1 },
		{ "1500000ns", 2 },
		{ "2000µs", 2 },
	};
	static const char *const bad[] = { "", "5", "s", "5x", "-5s", "5s5", "1 s", "s5",
		"9999999999h", "0x5s" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(PARSE("--interval", good[i].text), 0);
		assert_int_equal(got.interval, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(PARSE("--interval", bad[i]), -1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(PARSE("--interval", i == 0 ? "0s" : "0"), -1);
		assert_non_null(strstr(err.text, "duration interval must be greater than 0"));
	}
}

/* CVE-2026-30892, CVE-2024-40635: what is not exactly a user's number is refused, never read as
 * root. */
static void test_users(void **state)
{
	(void)state;
	static const char *const bad[] = { "", ":", "1:", ":1", "-1", "1:-1", "root", "1x", "1:1:1",
		" 1", "1 ", "+1", "0x1", "4294967295", "4294967296", "1:4294967295",
		"18446744073709551616" };

	assert_int_equal(PARSE("-u", "1"), 0);
	assert_true(got.user.uid.set && got.user.uid.value == 1 && !got.user.gid.set);
	assert_int_equal(PARSE("-u", "1:2"), 0);
	assert_true(got.user.uid.value == 1 && got.user.gid.set && got.user.gid.value == 2);
	assert_int_equal(PARSE("-u010:011"), 0);
	assert_true(got.user.uid.value == 10 && got.user.gid.value == 11);
	assert_int_equal(PARSE("-u", "4294967294:0"), 0);
	assert_true(
		got.user.uid.value == 4294967294U && got.user.gid.set && got.user.gid.value == 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(PARSE("-u", bad[i]), -1);
}

static void test_signals(void **state)
{
	(void)state;
	const struct {
		const char *text;
		int number;
	} cases[] = {
		{ "9", 9 },
		{ "15", SIGTERM },
		{ "0", 0 },
		{ "KILL", SIGKILL },
		{ "SIGKILL", SIGKILL },
		{ "sigterm", SIGTERM },
		{ "hup", SIGHUP },
		{ "Usr1", SIGUSR1 },
		{ "WINCH", SIGWINCH },
		{ "RTMIN", SIGRTMIN },
		{ "SIGRTMIN+3", SIGRTMIN + 3 },
		{ "rtmax-1", SIGRTMAX - 1 },
		{ "64", 64 },
		{ "", -1 },
		{ "SIG", -1 },
		{ "-9", -1 },
		{ "65", -1 },
		{ "4294967305", -1 },
		{ "NOPE", -1 },
		{ "SIG9", -1 },
		{ "KILLL", -1 },
		{ "RTMIN-1", -1 },
		{ "RTMIN+", -1 },
		{ "RTMAX+1", -1 },
		{ "RTMIN+99", -1 },
		{ "9 ", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(option_parse_signal(cases[i].text), cases[i].number);
}

static void test_the_nearest_option(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--bundel", "x"), -1);
	assert_string_equal(
		err.text, "flag provided but not defined: -bundel; did you mean --bundle");
	assert_int_equal(PARSE("--prserve-fd=3"), -1);
	assert_non_null(strstr(err.text, "did you mean --preserve-fds"));
	assert_int_equal(PARSE("--root", "x"), -1);
	assert_non_null(strstr(err.text, "write the global option --root before the command"));
	assert_int_equal(PARSE("--xyzzy"), -1);
	assert_null(strchr(err.text, ';'));
	assert_int_equal(options_distance("bundle", 6, "bundle"), 0);
	assert_int_equal(options_distance("bundleX", 6, "bundles"), 1);
	assert_int_equal(options_distance("ab", 2, "xy"), NEAR_ENOUGH);
	assert_int_equal(
		options_distance("a-name-that-is-longer-than-any-option-there-is", 46, "a"),
		NEAR_ENOUGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_spelling_of_an_option),
		cmocka_unit_test(test_booleans),
		cmocka_unit_test(test_options_before_and_after_arguments),
		cmocka_unit_test(test_stopping_at_the_first_argument),
		cmocka_unit_test(test_what_is_not_an_option),
		cmocka_unit_test(test_help_ends_the_parsing),
		cmocka_unit_test(test_the_nearest_option),
		cmocka_unit_test(test_fallbacks_and_choices),
		cmocka_unit_test(test_repeated_options),
		cmocka_unit_test(test_numbers_are_whole_and_in_range),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, free_arena);
}
