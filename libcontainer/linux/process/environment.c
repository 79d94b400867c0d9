/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/environment.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "linux/ids/user.h"

/* Length of a variable's name. One without "=" is its own name, and kept. */
static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

/* Names seen so far: a hash table with open addressing. Engines pass thousands of variables for the
 * services of a namespace. */
struct names {
	const char **slots;
	size_t size; /* a power of two, more than twice the names */
};

/* True if the variable's name wasn't there yet. */
static bool add_name(struct names *names, const char *variable)
{
	size_t len = name_length(variable), at;
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)variable[i]) * 16777619U;
	for (at = hash & (names->size - 1); names->slots[at] != NULL;
		at = (at + 1) & (names->size - 1))
		if (name_length(names->slots[at]) == len &&
			memcmp(names->slots[at], variable, len) == 0)
			return false;
	names->slots[at] = variable;
	return true;
}

char **environment_make(struct arena *arena, const string_list *env, int root, uid_t uid)
{
	char **made = arena_alloc(arena, (env->n + 2) * sizeof *made), **first = made + env->n;
	cleanup_free const char **slots = NULL;
	struct names names = { .size = 4 };

	while (names.size < 2 * env->n)
		names.size *= 2;
	slots = mem_alloc(names.size * sizeof *slots);
	names.slots = slots;
	/* From the end, since the last one counts; [env->n] is for HOME. */
	for (size_t i = env->n; i-- > 0;)
		if (add_name(&names, env->v[i]) && strcmp(env->v[i], "HOME=") != 0)
			*--first = arena_strdup(arena, env->v[i]);
	if (environment_value(first, "HOME") == NULL)
		made[env->n] = arena_printf(arena, "HOME=%s", user_home(arena, root, uid));
	return first;
}

const char *environment_value(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* True if path is a file that the effective user may execute; else errno says why. */
static bool executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return false;
	}
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

char *environment_find(struct arena *arena, char *const *env, const char *name, struct error *err)
{
	const char *path = environment_value(env, "PATH");

	if (strchr(name, '/') != NULL) {
		if (executable(name))
			return arena_strdup(arena, name);
		if (errno == EISDIR) {
			error_set(err, EACCES, "exec: \"%s\"", name);
			error_hint(err, "it is a directory");
		} else if (errno == EACCES) {
			environment_explain(name, name, EACCES, err);
		} else {
			error_errno(err, "exec: \"%s\": stat %s", name, name);
		}
		return NULL;
	}
	while (path != NULL && *name != '\0') {
		size_t len = strcspn(path, ":");
		char *candidate =
			arena_printf(arena, "%.*s%s%s", (int)len, path, len > 0 ? "/" : "./", name);

		if (executable(candidate))
			return candidate;
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != EISDIR) {
			error_errno(err, "exec: \"%s\": look for it at %s", name, candidate);
			return NULL;
		}
		path = path[len] == ':' ? path + len + 1 : NULL;
	}
	error_set(err, 0, "exec: \"%s\": executable file not found in $PATH", name);
	return NULL;
}

/* ---- why not? ---- */

static const struct {
	unsigned machine;
	const char *name;
} machines[] = {
	{ EM_386, "i386" },
	{ EM_X86_64, "x86_64" },
	{ EM_ARM, "arm" },
	{ EM_AARCH64, "aarch64" },
	{ EM_RISCV, "riscv" },
	{ EM_PPC64, "ppc64" },
	{ EM_S390, "s390x" },
	{ EM_MIPS, "mips" },
	{ EM_LOONGARCH, "loongarch" },
	{ EM_PPC, "ppc" },
};

/* The first bytes of an executable. */
struct head {
	unsigned char bytes[4096];
	size_t len;
};

static uint64_t field(const struct head *head, bool little, uint64_t offset, size_t size)
{
	uint64_t value = 0;

	if (offset > head->len || head->len - offset < size)
		return 0;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)head->bytes[offset + i] << 8 * (little ? i : size - 1 - i);
	return value;
}

/* Finds the loader (PT_INTERP) that an ELF file names and copies it to interpreter, which stays
 * empty for a static program. */
static void elf_interpreter(const struct head *head, char interpreter[PATH_MAX])
{
	bool wide = head->bytes[EI_CLASS] == ELFCLASS64,
	     little = head->bytes[EI_DATA] == ELFDATA2LSB;
	size_t word = wide ? 8 : 4;
	uint64_t table = field(head, little, wide ? 32 : 28, word),
		 size = field(head, little, wide ? 54 : 42, 2);
	uint64_t n = field(head, little, wide ? 56 : 44, 2);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t entry = table + i * size, offset, len;

		if (entry > head->len || field(head, little, entry, 4) != PT_INTERP)
			continue;
		offset = field(head, little, entry + (wide ? 8 : 4), word);
		len = field(head, little, entry + (wide ? 32 : 16), word);
		if (len > 0 && len < PATH_MAX && offset < head->len && head->len - offset >= len) {
			memcpy(interpreter, head->bytes + offset, len);
			interpreter[len] = '\0';
		}
		return;
	}
}

/* The path after "#!" (execve(2), "Interpreter scripts"). */
static void script_interpreter(const struct head *head, char interpreter[PATH_MAX])
{
	const char *line = (const char *)head->bytes + 2;
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t\n");
	memcpy(interpreter, line, len);
	interpreter[len] = '\0';
	if (strchr(interpreter, '\r') != NULL)
		strcpy(strchr(interpreter, '\r'),
			"\\r"); /* makes a file with the line ends of DOS visible */
}

static const char *machine_name(unsigned machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "another architecture";
}

static int explain_format(const struct head *head, struct error *err)
{
	struct utsname system;

	if (head->len == 0)
		return error_hint(err, "the file is empty");
	if (head->len > EI_NIDENT && memcmp(head->bytes, ELFMAG, SELFMAG) == 0 &&
		uname(&system) == 0)
		return error_hint(err, "it is built for %s, this machine is %s",
			machine_name(
				(unsigned)field(head, head->bytes[EI_DATA] == ELFDATA2LSB, 18, 2)),
			system.machine);
	return error_hint(err, "it is neither an ELF program nor a script that begins with #!");
}

static int explain_access(const char *path, struct error *err)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return error_hint(err, "%s is not a regular file", path);
	if (!(st.st_mode & 0111))
		return error_hint(
			err, "%s has no execute permission (mode %04o)", path, st.st_mode & 07777);
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		return error_hint(err, "%s is on a filesystem that is mounted noexec", path);
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return error_hint(err,
			"%s has mode %04o and belongs to %u:%u, the process is %u:%u", path,
			st.st_mode & 07777, st.st_uid, st.st_gid, geteuid(), getegid());
	return error_hint(err, "a security module (AppArmor, SELinux) may have refused it");
}

static void read_head(const char *path, struct head *head)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	memset(head->bytes, 0, sizeof head->bytes);
	n = fd < 0 ? -1 : pread(fd, head->bytes, sizeof head->bytes - 1, 0);
	head->len = n > 0 ? (size_t)n : 0;
}

/* Follows the interpreters of a file up to the one that is the matter. False when none is. */
static bool explain_interpreter(const char *path, int errnum, struct error *err)
{
	enum { DEPTH = 5 }; /* the kernel's own limit */
	char current[PATH_MAX], interpreter[PATH_MAX];

	snprintf(current, sizeof current, "%s", path);
	for (int depth = 0; depth < DEPTH; depth++) {
		struct head head;
		bool script;

		read_head(current, &head);
		script = memcmp(head.bytes, "#!", 2) == 0;
		interpreter[0] = '\0';
		if (script)
			script_interpreter(&head, interpreter);
		else if (memcmp(head.bytes, ELFMAG, SELFMAG) == 0)
			elf_interpreter(&head, interpreter);
		if (interpreter[0] == '\0')
			return false;
		if (errnum == ENOENT && access(interpreter, F_OK) < 0) {
			error_hint(err,
				script ? "%s begins with #!%s, which the container doesn't have"
				       : "the loader of %s is %s, which the container doesn't have (another libc?)",
				current, interpreter);
			return true;
		}
		if (errnum == EACCES && !executable(interpreter)) {
			explain_access(interpreter, err);
			return true;
		}
		strcpy(current, interpreter);
	}
	return false;
}

int environment_explain(const char *path, const char *name, int errnum, struct error *err)
{
	struct head head;

	error_set(err, errnum, "exec: \"%s\"", name);
	if (errnum == ENOEXEC) {
		read_head(path, &head);
		return explain_format(&head, err);
	}
	if (errnum == ENOENT)
		explain_interpreter(path, errnum, err);
	else if (errnum == EACCES && (!executable(path) || !explain_interpreter(path, errnum, err)))
		explain_access(path, err);
	else if (errnum == E2BIG)
		error_hint(err, "/process/args and /process/env are too long together");
	return -1;
}
