/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/exec_refusals.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/sys.h"

/* True if path is a file that the effective user may execute. */
static bool executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) &&
		faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

static const struct {
	unsigned machine;
	const char *name, *little; /* little: of the little-endian one, if there are two */
} machines[] = {
	{ EM_386, "i386", NULL },
	{ EM_X86_64, "x86_64", NULL },
	{ EM_ARM, "arm", NULL },
	{ EM_AARCH64, "aarch64", NULL },
	{ EM_RISCV, "riscv", NULL },
	{ EM_PPC64, "ppc64", "ppc64le" },
	{ EM_S390, "s390x", NULL },
	{ EM_MIPS, "mips", "mipsel" },
	{ EM_LOONGARCH, "loongarch", NULL },
	{ EM_PPC, "ppc", NULL },
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

/* Copies the path of an ELF file's loader (PT_INTERP) to interpreter; "" for a static program. */
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

/* Copies the path after "#!" to interpreter (execve(2), "Interpreter scripts"). */
static void script_interpreter(const struct head *head, char interpreter[PATH_MAX])
{
	const char *line = (const char *)head->bytes + 2;
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t\n");
	memcpy(interpreter, line, len);
	interpreter[len] = '\0';
	if (strchr(interpreter, '\r') != NULL)
		strcpy(strchr(interpreter, '\r'), "\\r"); /* makes DOS line ends visible */
}

/* Returns the name, as in uname(2), of the machine that an ELF file is for. */
static const char *machine_name(const struct head *head)
{
	bool little = head->bytes[EI_DATA] == ELFDATA2LSB;
	uint64_t machine = field(head, little, offsetof(Elf64_Ehdr, e_machine), 2);

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return little && machines[i].little != NULL ? machines[i].little
								    : machines[i].name;
	return "another architecture";
}

static void read_head(const char *path, struct head *head)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	memset(head->bytes, 0, sizeof head->bytes);
	n = fd < 0 ? -1 : pread(fd, head->bytes, sizeof head->bytes - 1, 0);
	head->len = n > 0 ? (size_t)n : 0;
}

/* ---- the causes ---- */

static bool format_unknown(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	struct utsname system;
	struct head head;

	read_head(e->path, &head);
	if (head.len == 0)
		buf_puts(why, "the file is empty");
	else if (head.len > EI_NIDENT && memcmp(head.bytes, ELFMAG, SELFMAG) == 0 &&
		uname(&system) == 0)
		buf_printf(why, "it is built for %s, this machine is %s", machine_name(&head),
			system.machine);
	else
		buf_puts(why, "it is neither an ELF program nor a script that begins with #!");
	return true;
}

static bool put_access(const char *path, struct buf *why)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	if (!S_ISREG(st.st_mode))
		buf_printf(why, "%s is not a regular file", path);
	else if (!(st.st_mode & 0111))
		buf_printf(
			why, "%s has no execute permission (mode %04o)", path, st.st_mode & 07777);
	else if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		buf_printf(why, "%s is on a filesystem that is mounted noexec", path);
	else if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		buf_printf(why, "%s has mode %04o and belongs to %u:%u, the process is %u:%u", path,
			st.st_mode & 07777, st.st_uid, st.st_gid, geteuid(), getegid());
	else
		buf_puts(why, "a security module (AppArmor, SELinux) may have refused it");
	return true;
}

/* With no_new_privs, even a change of label that the policy allows may be refused. */
static bool no_new_privs(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool label_denied(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	char file[256];
	ssize_t n = getxattr(e->path, "security.selinux", file, sizeof file - 1);

	if (e->selinux_label == NULL)
		return false;
	file[n > 0 ? n : 0] = '\0';
	buf_printf(why,
		"SELinux may forbid the change to the label %s (/process/selinuxLabel): the policy "
		"must allow it to hull%s, with a file that has the label %s as entry point",
		e->selinux_label,
		no_new_privs() ? ", also with /process/noNewPrivileges (nnp_transition)" : "",
		n > 0 ? file : "unlabeled");
	return true;
}

static bool profile_denied(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;

	if (e->apparmor_profile == NULL)
		return false;
	buf_printf(why,
		"AppArmor may forbid the change to the profile %s (/process/apparmorProfile)",
		e->apparmor_profile);
	if (no_new_privs())
		buf_puts(why,
			": with /process/noNewPrivileges a confined process may only get one that "
			"is stacked on its own");
	return true;
}

static bool is_directory(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	struct stat st;

	(void)why;
	return stat(e->path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool file_denied(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;

	return !executable(e->path) && put_access(e->path, why);
}

static bool access_denied(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;

	return put_access(e->path, why);
}

/*
 * Copies the interpreter of a script, or the loader of a program, to interpreter; "" if there is
 * none. Returns true for a script.
 */
static bool interpreter_of(const char *path, char interpreter[PATH_MAX])
{
	struct head head;

	read_head(path, &head);
	interpreter[0] = '\0';
	if (memcmp(head.bytes, "#!", 2) == 0) {
		script_interpreter(&head, interpreter);
		return true;
	}
	if (memcmp(head.bytes, ELFMAG, SELFMAG) == 0)
		elf_interpreter(&head, interpreter);
	return false;
}

enum { INTERPRETERS_MAX = 5 }; /* the kernel's own limit */

static bool interpreter_missing(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	char current[PATH_MAX], interpreter[PATH_MAX];

	snprintf(current, sizeof current, "%s", e->path);
	for (int depth = 0; depth < INTERPRETERS_MAX; depth++) {
		bool script = interpreter_of(current, interpreter);

		if (interpreter[0] == '\0')
			return false;
		if (access(interpreter, F_OK) < 0) {
			buf_printf(why,
				script ? "%s begins with #!%s, which the container doesn't have"
				       : "the loader of %s is %s, which the container doesn't have "
					 "(another libc?)",
				current, interpreter);
			return true;
		}
		strcpy(current, interpreter);
	}
	return false;
}

static bool interpreter_denied(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	char current[PATH_MAX], interpreter[PATH_MAX];

	snprintf(current, sizeof current, "%s", e->path);
	for (int depth = 0; depth < INTERPRETERS_MAX; depth++) {
		interpreter_of(current, interpreter);
		if (interpreter[0] == '\0')
			return false;
		if (!executable(interpreter))
			return put_access(interpreter, why);
		strcpy(current, interpreter);
	}
	return false;
}

static bool scripts_nested(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	char current[PATH_MAX], interpreter[PATH_MAX];
	int depth = 0;

	snprintf(current, sizeof current, "%s", e->path);
	for (; depth < INTERPRETERS_MAX && interpreter_of(current, interpreter); depth++)
		strcpy(current, interpreter);
	if (depth < INTERPRETERS_MAX)
		return false;
	buf_printf(why, "%s begins a chain of scripts that interpret each other, more than %d long",
		e->path, INTERPRETERS_MAX);
	return true;
}

/* An argument or variable longer than the kernel's MAX_ARG_STRLEN, 32 pages with the NUL. */
static bool string_too_long(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	size_t len, most = 32 * (size_t)sysconf(_SC_PAGESIZE) - 1;

	for (size_t i = 0; e->argv[i] != NULL; i++)
		if ((len = strlen(e->argv[i])) > most) {
			buf_printf(why,
				"/process/args/%zu has %zu bytes, and one argument can't have more "
				"than %zu",
				i, len, most);
			return true;
		}
	for (size_t i = 0; e->env[i] != NULL; i++)
		if ((len = strlen(e->env[i])) > most) {
			buf_printf(why,
				"the variable %.*s of /process/env has %zu bytes, and one can't "
				"have more than %zu",
				(int)strcspn(e->env[i], "="), e->env[i], len, most);
			return true;
		}
	return false;
}

/* A path element, followed by others, that isn't a directory. */
static bool element_is_file(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;

	for (const char *slash = e->path; (slash = strchr(slash + 1, '/')) != NULL;) {
		cleanup_free char *part = mem_printf("%.*s", (int)(slash - e->path), e->path);
		struct stat st;

		if (stat(part, &st) < 0 || S_ISDIR(st.st_mode))
			continue;
		buf_printf(why, "%s is a file", part);
		return true;
	}
	return false;
}

static size_t total(char *const *strings)
{
	size_t bytes = 0;

	for (; *strings != NULL; strings++)
		bytes += strlen(*strings) + 1 + sizeof *strings;
	return bytes;
}

static bool all_too_long(const void *operation, struct buf *why)
{
	const struct execution_refused *e = operation;
	struct rlimit stack;
	size_t args = total(e->argv), env = total(e->env);

	if (getrlimit(RLIMIT_STACK, &stack) < 0)
		return false;
	buf_printf(why,
		"/process/args and /process/env are too long together: %zu and %zu bytes; they may "
		"have a quarter of RLIMIT_STACK (%llu), at most 6 MB",
		args, env, (unsigned long long)stack.rlim_cur);
	return true;
}

static const struct explanation rows[] = {
	{ ENOEXEC, NULL, format_unknown, NULL },
	{ ENOENT, NULL, interpreter_missing, NULL },
	{ EACCES, NULL, is_directory, "it is a directory" },
	{ EACCES, NULL, file_denied, NULL },
	{ EACCES, NULL, interpreter_denied, NULL },
	{ EACCES, NULL, label_denied, NULL },
	{ EACCES, NULL, profile_denied, NULL },
	{ EACCES, NULL, access_denied, NULL },
	{ E2BIG, NULL, string_too_long, NULL },
	{ E2BIG, NULL, all_too_long, NULL },
	{ ELOOP, NULL, scripts_nested, NULL },
	{ ELOOP, NULL, NULL, "symbolic links on the way lead in a circle, or are more than 40" },
	{ ENAMETOOLONG, NULL, NULL,
		"a path can have 4095 bytes, and a name between two slashes 255" },
	{ ENOTDIR, NULL, element_is_file, NULL },
	{ ENFILE, NULL, NULL, "the host has as many files open as the sysctl fs.file-max allows" },
	{ ETXTBSY, NULL, NULL, "somebody has the file open for writing" },
	{ EAGAIN, NULL, NULL,
		"its user has more processes than /process/rlimits allows (RLIMIT_NPROC)" },
	{ EPERM, NULL, label_denied, NULL },
	{ EPERM, NULL, profile_denied, NULL },
	{ EPERM, NULL, NULL,
		"it has file capabilities that the process may not get, or a security module "
		"refuses it" },
	{ ENOMEM, NULL, NULL, "memory is short, or /linux/resources/memory too small for it" },
	EXPLANATIONS_END,
};

int exec_explain(const struct execution_refused *refused, int errnum, struct error *err)
{
	error_of_program(err, errnum, "exec: \"%s\"", refused->argv[0]);
	return exec_hint(refused, err);
}

int exec_hint(const struct execution_refused *refused, struct error *err)
{
	return explain(rows, NULL, refused, err);
}
