/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the arguments of options: numbers, sizes, durations, users, signals. Every reader accepts
 * the whole text or refuses it, and nothing wraps around: neither
 * `-u 4294967296` (CVE-2024-40635) nor `-u 1` (CVE-2026-30892) is user 0.
 */
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/list.h"
#include "container/container.h"
#include "options.h"

/* The default of fs.nr_open: no process can have more descriptors. */
enum { DESCRIPTORS_MAX = 1 << 20 };

bool option_parse_uint64(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
			return false;
	}
	*value = n;
	return n <= max;
}

static bool parse_int64(const char *text, int64_t min, int64_t max, int64_t *value)
{
	bool negative = *text == '-';
	uint64_t n;

	if (!option_parse_uint64(text + negative, (uint64_t)INT64_MAX + negative, &n))
		return false;
	*value = negative ? (int64_t)(0 - n) : (int64_t)n;
	return *value >= min && *value <= max;
}

/* Accepts the same words as Go's strconv.ParseBool. */
static bool parse_bool(const char *text, bool *value)
{
	static const char *const words[2][7] = { { "0", "f", "F", "false", "False", "FALSE" },
		{ "1", "t", "T", "true", "True", "TRUE" } };

	for (int i = 0; i < 2; i++) {
		for (const char *const *word = words[i]; *word; word++) {
			if (strcmp(*word, text) == 0) {
				*value = i;
				return true;
			}
		}
	}
	return false;
}

#define READER(name)                                                                            \
	int name(const struct option *option __attribute__((unused)),                           \
		const char *text __attribute__((unused)), void *target __attribute__((unused)), \
		struct arena *arena __attribute__((unused)),                                    \
		struct error *err __attribute__((unused)))

READER(option_bool)
{
	return parse_bool(text, target) ? 0 : error_set(err, 0, "expected true or false");
}

READER(option_opt_bool)
{
	struct opt_bool *b = target;

	b->set = true;
	return option_bool(option, text, &b->value, arena, err);
}

READER(option_text)
{
	*(const char **)target = text;
	return 0;
}

READER(option_string)
{
	if (*text == '\0')
		return error_set(err, 0, "must not be empty");
	return option_text(option, text, target, arena, err);
}

READER(option_choice)
{
	cleanup_buf struct buf list = { 0 };

	for (int i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], text) == 0) {
			*(int *)target = i + 1;
			return 0;
		}
		buf_printf(&list, "%s%s",
			i == 0                            ? ""
				: !option->choices[i + 1] ? " or "
							  : ", ",
			option->choices[i]);
	}
	return error_set(err, 0, "expected %s", list.data);
}

READER(option_fd)
{
	int64_t n;

	if (!parse_int64(text, -1, INT_MAX, &n))
		return error_set(err, 0, "expected the number of a file descriptor");
	*(int *)target = (int)n;
	return 0;
}

READER(option_count)
{
	uint64_t n;

	if (!option_parse_uint64(text, DESCRIPTORS_MAX, &n))
		return error_set(err, 0, "expected a number from 0 to %d", DESCRIPTORS_MAX);
	*(unsigned *)target = (unsigned)n;
	return 0;
}

READER(option_int64)
{
	struct opt_int64 *n = target;

	n->set = true;
	return parse_int64(text, INT64_MIN, INT64_MAX, &n->value)
		? 0
		: error_set(err, 0, "expected a whole number");
}

READER(option_uint64)
{
	struct opt_uint64 *n = target;

	n->set = true;
	return option_parse_uint64(text, UINT64_MAX, &n->value)
		? 0
		: error_set(err, 0, "expected a whole number, 0 or more");
}

READER(option_uint16)
{
	struct opt_uint16 *n = target;
	uint64_t value;

	if (!option_parse_uint64(text, UINT16_MAX, &value))
		return error_set(err, 0, "expected a number from 0 to %d", UINT16_MAX);
	*n = (struct opt_uint16){ true, (uint16_t)value };
	return 0;
}

READER(option_ignore)
{
	return 0;
}

/* A decimal number; only three digits of its fraction are significant. */
struct decimal {
	int64_t whole;
	int64_t thousandths;
};

/* Reads one at *text and advances *text past it. */
static bool read_decimal(const char **text, struct decimal *d)
{
	const char *c = *text;

	*d = (struct decimal){ 0 };
	if (*c < '0' || *c > '9')
		return false;
	for (; *c >= '0' && *c <= '9'; c++) {
		if (__builtin_mul_overflow(d->whole, 10, &d->whole) ||
			__builtin_add_overflow(d->whole, *c - '0', &d->whole))
			return false;
	}
	if (*c == '.') {
		int64_t unit = 100;

		for (c++; *c >= '0' && *c <= '9'; c++, unit /= 10)
			d->thousandths += unit * (*c - '0');
	}
	*text = c;
	return true;
}

/* Adds d times unit (at most 2^53) to *sum, rounded down; false on overflow. */
static bool add_scaled(struct decimal d, int64_t unit, int64_t *sum)
{
	return !__builtin_mul_overflow(d.whole, unit, &d.whole) &&
		!__builtin_add_overflow(*sum, d.whole, sum) &&
		!__builtin_add_overflow(*sum, unit * d.thousandths / 1000, sum);
}

/*
 * Returns the factor of a suffix of bytes: "", b, k, kb, kib, m ... p, in any case; 0 if it isn't
 * one.
 */
static int64_t bytes_unit(const char *suffix)
{
	static const char letters[] = "kmgtp";
	const char *letter = *suffix == '\0' ? NULL : strchr(letters, *suffix | 0x20);

	if (!letter)
		return *suffix == '\0' || strcasecmp(suffix, "b") == 0;
	if (suffix[1] != '\0' && strcasecmp(suffix + 1, "b") != 0 &&
		strcasecmp(suffix + 1, "ib") != 0)
		return 0;
	return (int64_t)1 << 10 * (letter - letters + 1);
}

READER(option_bytes)
{
	struct opt_int64 *bytes = target;
	struct decimal number;
	int64_t unit;

	*bytes = (struct opt_int64){ .set = true };
	if (strcmp(text, "-1") == 0) {
		bytes->value = -1;
		return 0;
	}
	if (!read_decimal(&text, &number) || (unit = bytes_unit(text)) == 0 ||
		!add_scaled(number, unit, &bytes->value))
		return error_set(err, 0,
			"expected a number of bytes such as 512, 64k or 1.5g, or -1 for unlimited");
	return 0;
}

/* Returns the nanoseconds of the unit named by the first len bytes of name; 0 if it isn't one. */
static int64_t duration_unit(const char *name, size_t len)
{
	static const struct {
		const char *name;
		int64_t nanoseconds;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "µs", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "m", 60000000000 },
		{ "h", 3600000000000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len && strncmp(units[i].name, name, len) == 0)
			return units[i].nanoseconds;
	return 0;
}

READER(option_duration)
{
	int64_t sum = 0;

	do {
		struct decimal number;
		size_t len;
		int64_t unit;

		if (strcmp(text, "0") == 0 && sum == 0)
			break; /* needs no unit */
		if (!read_decimal(&text, &number) ||
			(unit = duration_unit(text, len = strcspn(text, "0123456789"))) == 0 ||
			!add_scaled(number, unit, &sum))
			return error_set(err, 0, "expected a duration such as 5s, 100ms or 1m30s");
		text += len;
	} while (*text != '\0');
	if (sum == 0)
		return error_set(err, 0, "duration interval must be greater than 0");
	*(uint64_t *)target = ((uint64_t)sum + 999999) / 1000000;
	return 0;
}

/* Reads a user or group ID. 4294967295 is (uid_t)-1, which means "unchanged" to system calls. */
static bool parse_id(const char *text, uint32_t *id)
{
	uint64_t n;

	if (!option_parse_uint64(text, UINT32_MAX - 1, &n))
		return false;
	*id = (uint32_t)n;
	return true;
}

READER(option_gids)
{
	LIST(uint32_t) *gids = target;
	char *rest = arena_strdup(arena, text), *word;

	while ((word = strsep(&rest, ","))) {
		if (!parse_id(word, LIST_ADD(arena, gids)))
			return error_set(
				err, 0, "expected group IDs, numbers from 0 to 4294967294");
	}
	return 0;
}

READER(option_user)
{
	struct exec_user *user = target;
	char *uid = arena_strdup(arena, text), *gid = uid;

	strsep(&gid, ":");
	*user = (struct exec_user){ .uid.set = true, .gid.set = gid };
	if (!parse_id(uid, &user->uid.value) || (gid && !parse_id(gid, &user->gid.value)))
		return error_set(err, 0, "expected UID or UID:GID, numbers from 0 to 4294967294");
	return 0;
}

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "ABRT", SIGABRT },
	{ "ALRM", SIGALRM },
	{ "BUS", SIGBUS },
	{ "CHLD", SIGCHLD },
	{ "CLD", SIGCHLD },
	{ "CONT", SIGCONT },
	{ "FPE", SIGFPE },
	{ "HUP", SIGHUP },
	{ "ILL", SIGILL },
	{ "INT", SIGINT },
	{ "IO", SIGIO },
	{ "IOT", SIGIOT },
	{ "KILL", SIGKILL },
	{ "PIPE", SIGPIPE },
	{ "POLL", SIGPOLL },
	{ "PROF", SIGPROF },
	{ "PWR", SIGPWR },
	{ "QUIT", SIGQUIT },
	{ "SEGV", SIGSEGV },
	{ "STOP", SIGSTOP },
	{ "SYS", SIGSYS },
	{ "TERM", SIGTERM },
	{ "TRAP", SIGTRAP },
	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU },
	{ "URG", SIGURG },
	{ "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 },
	{ "VTALRM", SIGVTALRM },
	{ "WINCH", SIGWINCH },
	{ "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
#ifdef SIGSTKFLT
	{ "STKFLT", SIGSTKFLT },
#endif
};

int option_parse_signal(const char *text)
{
	uint64_t n;

	if (option_parse_uint64(text, (uint64_t)SIGRTMAX, &n))
		return (int)n;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (strcasecmp(signals[i].name, text) == 0)
			return signals[i].number;
	n = 0;
	if (strncasecmp(text, "RTMIN", 5) == 0 &&
		(text[5] == '\0' ||
			(text[5] == '+' &&
				option_parse_uint64(
					text + 6, (uint64_t)(SIGRTMAX - SIGRTMIN), &n))))
		return SIGRTMIN + (int)n;
	if (strncasecmp(text, "RTMAX", 5) == 0 &&
		(text[5] == '\0' ||
			(text[5] == '-' &&
				option_parse_uint64(
					text + 6, (uint64_t)(SIGRTMAX - SIGRTMIN), &n))))
		return SIGRTMAX - (int)n;
	return -1;
}
