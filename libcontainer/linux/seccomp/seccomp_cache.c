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
	CANDIDATES = 4, /* a configuration has one profile; others may have its name */
};

/* ---- the text ---- */

/* Returns non-zero if one of the word's bytes is c. */
static uint64_t has_byte(uint64_t word, unsigned char c)
{
	const uint64_t ones = 0x0101010101010101;

	word ^= ones * c;
	return (word - ones) & ~word & ones * 0x80;
}

/*
 * Returns the length of the object that the text begins with, by counting its braces; 0 if it has
 * no end. Doesn't recognize strings: a brace in one gives a wrong length, and then no filter is
 * kept.
 */
static size_t object_length(const char *text, size_t len)
{
	size_t depth = 0, at = 0;
	uint64_t word;

	do {
		for (; len - at >= sizeof word; at += sizeof word) {
			memcpy(&word, text + at, sizeof word);
			if ((has_byte(word, '{') | has_byte(word, '}')) != 0)
				break;
		}
		while (at < len && text[at] != '{' && text[at] != '}')
			at++;
		if (at == len)
			return 0;
		depth += text[at++] == '{' ? 1 : (size_t)-1;
	} while (depth > 0);
	return at;
}

/*
 * Finds the next object after *known that may be the profile. It may also be another member of that
 * name, or be inside a string. Callers try CANDIDATES at most, so that a configuration with many
 * costs time in proportion to its length.
 */
static bool next_profile(const struct buf *text, struct json_known *known)
{
	static const char name[] = "\"seccomp\"";
	const char *end = text->data + text->len, *p = text->data + known->begin + known->len;

	while ((p = memmem(p, (size_t)(end - p), name, sizeof name - 1)) != NULL) {
		p += sizeof name - 1;
		p += strspn(p, " \t\r\n");
		if (*p != ':')
			continue;
		p++;
		p += strspn(p, " \t\r\n");
		if (*p != '{')
			continue;
		known->len = object_length(p, (size_t)(end - p));
		known->begin = (size_t)(p - text->data);
		return known->len > 0;
	}
	return false;
}

/* The high bits of a factor affect only the high bits of a product, so fold them down. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
	return sum ^ sum >> 32;
}

/* Hashes words of eight bytes; the last one overlaps the one before it. */
static unsigned file_of(const char *profile, size_t len)
{
	uint64_t sum = len, word = 0;

	for (size_t at = 0; at + sizeof word <= len; at += sizeof word) {
		memcpy(&word, profile + at, sizeof word);
		sum = mix(sum, word);
	}
	if (len >= sizeof word)
		memcpy(&word, profile + len - sizeof word, sizeof word);
	return (unsigned)(mix(sum, word) % FILES);
}

/* ---- the files ---- */

/*
 * Follows in the file after the filter, the profile without its rules (NUL-terminated), and the
 * profile's text. The compiler's identity is the versions of hull and of libseccomp, whose numbers
 * for names may change.
 */
struct trailer {
	char compiler[64];
	struct scmp_version names;
	uint32_t native, flags;
	uint32_t reserved; /* instead of padding: trailers are compared as bytes */
	uint64_t filter_len, head_len, profile_len;
};

static struct trailer trailer_of(uint32_t flags)
{
	struct trailer trailer;

	memset(&trailer, 0, sizeof trailer);
	strncpy(trailer.compiler, HULL_VERSION " " HULL_COMMIT, sizeof trailer.compiler - 1);
	trailer.names = *seccomp_version();
	trailer.native = seccomp_native_token();
	trailer.flags = flags;
	return trailer;
}

/*
 * Returns the directory or -1. Refuses one that others could have created or can write: they would
 * choose other containers' filters.
 */
static int open_directory(bool make)
{
	cleanup_fd int fd = open(DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && make) {
		mkdir(RUNSTATEDIR "/hull", 0700); /* if this fails, so does the next */
		mkdir(DIRECTORY, 0700);
		fd = open(DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd >= 0 && fd_is_ours(fd, S_IFDIR) ? fd_take(&fd) : -1;
}

/* memcmp() of musl compares single bytes. */
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

/*
 * Returns true if the file has the lengths that its trailer says, and was written by this version
 * of hull.
 */
static bool is_whole(const struct buf *file, struct trailer *trailer)
{
	struct trailer ours;
	size_t len = file->len - sizeof *trailer;

	if (file->len < sizeof *trailer)
		return false;
	memcpy(trailer, file->data + len, sizeof *trailer);
	ours = trailer_of(trailer->flags);
	ours.filter_len = trailer->filter_len;
	ours.head_len = trailer->head_len;
	ours.profile_len = trailer->profile_len;
	return memcmp(&ours, trailer, sizeof ours) == 0 && trailer->filter_len <= len &&
		trailer->head_len > 0 && trailer->head_len <= len - trailer->filter_len &&
		trailer->profile_len == len - trailer->filter_len - trailer->head_len;
}

/* Returns true if the file has the filter of the profile, and stores it in `program`. */
static bool look_up(int directory, const char *profile, struct json_known *known,
	struct buf *program, unsigned *flags)
{
	struct trailer trailer;
	char name[16];

	snprintf(name, sizeof name, "%u", file_of(profile, known->len));
	buf_clear(program);
	if (file_read(directory, name, program, NULL) < 0 || !is_whole(program, &trailer) ||
		trailer.profile_len != known->len ||
		!same(program->data + trailer.filter_len + trailer.head_len, profile, known->len))
		return false;
	program->len = trailer.filter_len;
	program->data[trailer.filter_len + trailer.head_len - 1] = '\0';
	known->instead = program->data + trailer.filter_len;
	*flags = trailer.flags;
	return true;
}

/* With debug logging, always compile: the compiler logs unknown names. */
bool seccomp_cache_find(
	const struct buf *text, struct json_known *known, struct buf *program, unsigned *flags)
{
	cleanup_fd int directory = -1;

	*known = (struct json_known){ 0 };
	if (log_enabled(LOG_LEVEL_DEBUG))
		return false;
	for (int i = 0; i < CANDIDATES && next_profile(text, known); i++) {
		if (directory < 0 && (directory = open_directory(false)) < 0)
			return false;
		if (look_up(directory, text->data + known->begin, known, program, flags))
			return true;
	}
	buf_clear(program);
	return false;
}

/*
 * Finds the profile's text: of several candidates, the one that the decoder takes for the profile.
 */
static bool find_profile(const struct buf *text, struct json_known *known)
{
	*known = (struct json_known){ 0 };
	for (int i = 0; i < CANDIDATES && next_profile(text, known); i++) {
		struct oci_config config;
		int result;

		known->instead = "{\"defaultAction\":\"SCMP_ACT_KILL\"}";
		result = config_read_around(&config, text->data, text->len, known);
		config_free(&config);
		if (result == 0)
			return true;
	}
	return false;
}

/* Failing to store it costs the next caller a compilation, nothing else. */
static void store(const char *profile, size_t len, const struct buf *head,
	const struct buf *program, unsigned flags)
{
	cleanup_fd int directory = open_directory(true);
	struct trailer trailer = trailer_of(flags);
	cleanup_buf struct buf file = { 0 };
	struct error err;
	char name[16];

	if (directory < 0)
		return;
	snprintf(name, sizeof name, "%u", file_of(profile, len));
	trailer.filter_len = program->len;
	trailer.head_len = head->len + 1;
	trailer.profile_len = len;
	buf_append(&file, program->data, program->len);
	buf_append(&file, head->data, head->len + 1);
	buf_append(&file, profile, len);
	buf_append(&file, &trailer, sizeof trailer);
	if (file_replace(directory, name, file.data, file.len, 0600, &err) < 0)
		log_debug("the compiled seccomp filter isn't kept in " DIRECTORY ": %s", err.text);
}

void seccomp_cache_keep(const struct buf *text, const struct oci_seccomp *seccomp,
	const struct buf *program, unsigned flags)
{
	const struct oci_seccomp without_rules = { .default_action = seccomp->default_action,
		.default_errno_ret = seccomp->default_errno_ret };
	cleanup_buf struct buf head = { 0 };
	struct json_known known;

	if (seccomp->listener_path != NULL || seccomp->listener_metadata != NULL ||
		!find_profile(text, &known))
		return;
	json_encode(&head, &seccomp_table, &without_rules, 0);
	store(text->data + known.begin, known.len, &head, program, flags);
}
