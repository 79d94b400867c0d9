/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/seccomp/seccomp_cache.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "linux/seccomp/seccomp_compile.h"
#include "version.h"

#define DIRECTORY RUNSTATEDIR "/hull/@seccomp"
enum {
	FILES = 64,
	FILE_SIZE = 16384, /* enough for engines' default profiles; only the initial capacity */
};

static void append_int(struct buf *key, uint64_t value)
{
	buf_append(key, &value, sizeof value);
}

static void append_number(struct buf *key, struct opt_uint32 number)
{
	append_int(key, number.set ? number.value : UINT64_MAX);
}

static void append_rule(struct buf *key, const struct oci_seccomp_rule *rule)
{
	append_int(key, rule->names.n);
	for (size_t i = 0; i < rule->names.n; i++)
		buf_append(key, rule->names.v[i], strlen(rule->names.v[i]) + 1);
	append_int(key, (unsigned)rule->action);
	append_number(key, rule->errno_ret);
	append_int(key, rule->args.n);
	for (size_t i = 0; i < rule->args.n; i++) {
		append_int(key, rule->args.v[i].index);
		append_int(key, rule->args.v[i].value);
		append_int(key, rule->args.v[i].value_two);
		append_int(key, (unsigned)rule->args.v[i].op);
	}
}

/*
 * Appends everything that the filter depends on. Starts with the versions of hull and of
 * libseccomp, whose numbers for names may change.
 */
static void make_key(struct buf *key, const struct oci_seccomp *seccomp, bool fail_unknown)
{
	static const char compiler[] = HULL_VERSION " " HULL_COMMIT;
	const struct scmp_version *names = seccomp_version();

	buf_reserve(key, FILE_SIZE);
	buf_append(key, compiler, sizeof compiler);
	buf_append(key, names, sizeof *names);
	append_int(key, seccomp_native_token());
	append_int(key, fail_unknown);
	append_int(key, (unsigned)seccomp->default_action);
	append_number(key, seccomp->default_errno_ret);
	append_int(key, seccomp->architectures.n);
	for (size_t i = 0; i < seccomp->architectures.n; i++)
		append_int(key, (unsigned)seccomp->architectures.v[i]);
	append_int(key, seccomp->flags.n);
	for (size_t i = 0; i < seccomp->flags.n; i++)
		append_int(key, (unsigned)seccomp->flags.v[i]);
	append_int(
		key, seccomp->flags.v != NULL); /* no list means the defaults, an empty list none */
	append_int(key, seccomp->syscalls.n);
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		append_rule(key, &seccomp->syscalls.v[i]);
}

static unsigned file_of(const struct buf *key)
{
	uint64_t sum = key->len, word;

	for (size_t at = 0; at + sizeof word <= key->len; at += sizeof word) {
		memcpy(&word, key->data + at, sizeof word);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
	}
	return (unsigned)(sum >> 32) % FILES;
}

/* Follows filter and key in the file. */
struct trailer {
	uint64_t filter_len, key_len;
	uint64_t flags;
};

/*
 * Returns the directory or -1. Refuses one that others could have created or can write: they would
 * choose other containers' filters.
 */
static int open_directory(bool make)
{
	cleanup_fd int fd = open(DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && make) {
		mkdir(RUNSTATEDIR "/hull", 0700); /* on failure, the next call fails too */
		mkdir(DIRECTORY, 0700);
		fd = open(DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd >= 0 && fd_is_ours(fd, S_IFDIR) ? fd_take(&fd) : -1;
}

/* musl's memcmp() compares single bytes, which is slow. */
static bool same(const char *a, const char *b, size_t len)
{
	uint64_t ours, theirs;
	size_t at = 0;

	for (; len - at >= sizeof ours; at += sizeof ours) {
		memcpy(&ours, a + at, sizeof ours);
		memcpy(&theirs, b + at, sizeof theirs);
		if (ours != theirs)
			return false;
	}
	return memcmp(a + at, b + at, len - at) == 0;
}

/* Returns true if the file has the filter for this key; stores it in `program`. */
static bool look_up(const char *name, const struct buf *key, struct buf *program, unsigned *flags)
{
	cleanup_fd int directory = open_directory(false);
	struct trailer trailer;
	size_t len;

	if (directory < 0)
		return false;
	buf_reserve(program, FILE_SIZE);
	if (file_read(directory, name, program, NULL) == 0 && program->len > sizeof trailer) {
		len = program->len - sizeof trailer;
		memcpy(&trailer, program->data + len, sizeof trailer);
		if (trailer.key_len == key->len && trailer.filter_len < len &&
			len - trailer.filter_len == key->len &&
			same(program->data + trailer.filter_len, key->data, key->len)) {
			program->len = trailer.filter_len;
			*flags = (unsigned)trailer.flags;
			return true;
		}
	}
	buf_clear(program);
	return false;
}

/* Stores the filter. A failure only means that the next caller compiles it again. */
static void keep(const char *name, const struct buf *key, const struct buf *program, unsigned flags)
{
	cleanup_fd int directory = open_directory(true);
	const struct trailer trailer = {
		.filter_len = program->len, .key_len = key->len, .flags = flags
	};
	cleanup_buf struct buf file = { 0 };
	struct error err;

	if (directory < 0)
		return;
	buf_append(&file, program->data, program->len);
	buf_append(&file, key->data, key->len);
	buf_append(&file, &trailer, sizeof trailer);
	if (file_replace(directory, name, file.data, file.len, 0600, &err) < 0)
		log_debug("the compiled seccomp filter isn't kept in " DIRECTORY ": %s", err.text);
}

int seccomp_filter(const struct oci_seccomp *seccomp, bool fail_unknown, struct buf *program,
	unsigned *flags, struct error *err)
{
	cleanup_buf struct buf key = { 0 };
	char name[16];

	make_key(&key, seccomp, fail_unknown);
	snprintf(name, sizeof name, "%u", file_of(&key));
	/* With debug logging, always compile: the compiler logs unknown names. */
	if (!log_enabled(LOG_LEVEL_DEBUG) && look_up(name, &key, program, flags))
		return 0;
	if (seccomp_compile(seccomp, fail_unknown, program, flags, err) < 0)
		return -1;
	keep(name, &key, program, *flags);
	return 0;
}
