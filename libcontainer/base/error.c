/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/compat.h"

static const char *kernel_words(int errnum)
{
	static char words[128];
	const char *name = strerrordesc_np(errnum);

	if (name == NULL) {
		snprintf(words, sizeof words, "errno %d", errnum);
		return words;
	}
	snprintf(words, sizeof words, "%s", name);
	if (words[0] != '\0' && !isupper((unsigned char)words[1]))
		words[0] = (char)tolower((unsigned char)words[0]);
	return words;
}

const char *error_words(int errnum)
{
	switch (errnum) {
	case ENOENT: return "it doesn't exist";
	case EACCES: return "access denied";
	case EPERM: return "not permitted";
	case EISDIR: return "a directory";
	default: return kernel_words(errnum);
	}
}

static void append(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void append(struct error *err, const char *fmt, ...)
{
	size_t used = strlen(err->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text + used, sizeof err->text - used, fmt, ap);
	va_end(ap);
}

/*
 * Appends the host's open files and their maximum; file-nr is "1024 0 65536": in use, 0, maximum.
 */
static void append_file_max(struct error *err)
{
	int fd = open("/proc/sys/fs/file-nr", O_RDONLY | O_CLOEXEC);
	char text[64] = "";
	unsigned long long used, unused, most;

	if (fd >= 0 && read(fd, text, sizeof text - 1) > 0 &&
		sscanf(text, "%llu %llu %llu", &used, &unused, &most) == 3)
		append(err, ": %llu of %llu", used, most);
	if (fd >= 0)
		close(fd);
}

/* Appends what an errno means whichever system call returned it. */
static void append_cause(struct error *err, int errnum)
{
	struct rlimit limit;
	int fd;

	switch (errnum) {
	case ENOSYS:
		append(err,
			" (hull needs Linux 5.14 or newer; a seccomp filter around it may hide "
			"system calls)");
		break;
	case EMFILE:
		/* if this fails too, the errno was about descriptors; else about another limit */
		fd = open("/", O_PATH | O_CLOEXEC);
		if (fd >= 0)
			close(fd);
		else if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
			append(err, " (this process may have %llu: RLIMIT_NOFILE, ulimit -n)",
				(unsigned long long)limit.rlim_cur);
		break;
	case ENFILE:
		append(err, " (the host's limit, the sysctl fs.file-max");
		append_file_max(err);
		append(err, ")");
		break;
	default: break;
	}
}

__attribute__((format(printf, 4, 0))) static int set(
	struct error *err, int errnum, const char *(*words)(int), const char *fmt, va_list ap)
{
	int kept = errnum != 0 ? errnum : errno;

	if (err != NULL) {
		err->code = errnum;
		vsnprintf(err->text, sizeof err->text, fmt, ap);
		if (errnum != 0)
			append(err, ": %s", words(errnum));
		append_cause(err, errnum);
	}
	errno = kept;
	return -1;
}

int error_set(struct error *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, errnum, error_words, fmt, ap);
	va_end(ap);
	return -1;
}

int error_errno(struct error *err, const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;

	va_start(ap, fmt);
	set(err, errnum, error_words, fmt, ap);
	va_end(ap);
	return -1;
}

int error_of_program(struct error *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, errnum, kernel_words, fmt, ap);
	va_end(ap);
	return -1;
}

int error_copy(struct error *err, const struct error *from)
{
	if (err)
		*err = *from;
	return -1;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	char old[ERROR_TEXT_MAX];
	va_list ap;

	if (err == NULL)
		return -1;
	memcpy(old, err->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	append(err, ": %s", old);
	return -1;
}

int error_hint(struct error *err, const char *fmt, ...)
{
	char hint[ERROR_TEXT_MAX / 2];
	va_list ap;

	if (err == NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(hint, sizeof hint, fmt, ap);
	va_end(ap);
	append(err, "; %s", hint);
	return -1;
}
