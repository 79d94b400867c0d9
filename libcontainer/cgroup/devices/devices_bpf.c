/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device rules on cgroup v2: a BPF program that the kernel runs whenever a device node is opened or
 * created (BPF_PROG_TYPE_CGROUP_DEVICE). Loading and verifying a program costs a hundred times more
 * than attaching it. So programs are pinned in bpffs, under a name that is the list of rules
 * itself, and containers with the same rules share one.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/magic.h>

#include "cgroup/internal.h"
#include "version.h"

/*
 * The name contains the version: another version may compile the same rules differently.
 */
#define PIN_ROOT "/sys/fs/bpf"
#define PIN_DIRECTORY PIN_ROOT "/hull-devices-" HULL_COMMIT

/* Always pass the whole union, zeroed: some kernels (6.17 to 7.1) write beyond a shorter one. */
static int sys_bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

/*
 * ---- the compiler ----
 * Rules are tried from the last to the first. Registers: r2 = type, r4 = major, r5 = minor, r3 =
 * the requested accesses that aren't allowed yet. A deny rule that matches denies if it names any
 * access in r3. An allow rule that matches removes its accesses from r3, and allows if none is
 * left. After all rules, what is left in r3 is denied.
 */
enum { INSTRUCTIONS_A_RULE = 7, INSTRUCTIONS_FRAME = 10 };

struct code {
	struct bpf_insn *v;
	size_t n;
};

static void emit(struct code *code, uint8_t operation, uint8_t destination, uint8_t source,
	int16_t offset, int32_t immediate)
{
	code->v[code->n++] = (struct bpf_insn){ operation, destination, source, offset, immediate };
}

static void emit_rule(struct code *code, const struct device_match *rule)
{
	size_t tests[3], n_tests = 0;

	if (rule->type != 'a') {
		tests[n_tests++] = code->n;
		emit(code, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 0,
			rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	}
	if (rule->major >= 0) {
		tests[n_tests++] = code->n;
		emit(code, BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_4, 0, 0, (int32_t)rule->major);
	}
	if (rule->minor >= 0) {
		tests[n_tests++] = code->n;
		emit(code, BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_5, 0, 0, (int32_t)rule->minor);
	}
	if (rule->allow) {
		emit(code, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_3, 0, 0, (int32_t)~rule->access);
		emit(code, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_3, 0, 1, 0);
		emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0); /* returns r0, which is 1 */
	} else {
		/* jset over the jump, because BPF has no "jump if not set" */
		emit(code, BPF_JMP | BPF_JSET | BPF_K, BPF_REG_3, 0, 1, (int32_t)rule->access);
		emit(code, BPF_JMP | BPF_JA, 0, 0, 2, 0);
		emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
		emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	for (size_t i = 0; i < n_tests; i++)
		code->v[tests[i]].off = (int16_t)(code->n - tests[i] - 1);
}

size_t devices_program(const device_rules *rules, struct bpf_insn **program)
{
	struct code code = {
		mem_alloc((rules->n * INSTRUCTIONS_A_RULE + INSTRUCTIONS_FRAME) * sizeof *code.v), 0
	};

	/* struct bpf_cgroup_dev_ctx: access_type = access << 16 | type, major, minor */
	emit(&code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1,
		offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(&code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit(&code, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
	emit(&code, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	emit(&code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_4, BPF_REG_1,
		offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(&code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_5, BPF_REG_1,
		offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
	emit(&code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
	for (size_t i = rules->n; i--;)
		emit_rule(&code, &rules->v[i]);
	emit(&code, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_3, 0, 1, 0);
	emit(&code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(&code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	*program = code.v;
	return code.n;
}

/* ---- loading, sharing, attaching ---- */

/* Returns an fd, or -1 with errno. */
static int load_program(const struct bpf_insn *program, size_t n)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.expected_attach_type = BPF_CGROUP_DEVICE,
		.insns = (uintptr_t)program,
		.insn_cnt = (uint32_t)n,
		.license = (uintptr_t) "LGPL",
		.prog_name = "hull_devices",
	};

	return sys_bpf(BPF_PROG_LOAD, &attr);
}

static void append_number(struct buf *name, int64_t number)
{
	char digits[24], *first = digits + sizeof digits;

	if (number < 0) {
		buf_puts(name, "*");
		return;
	}
	do
		*--first = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	buf_append(name, first, (size_t)(digits + sizeof digits - first));
}

/*
 * Formats the name of the pinned program, "+c1:3rwm,-b8:0w". Returns false if it is too long, or if
 * a rule is for a block device: those differ between containers, and their programs would
 * accumulate.
 */
static bool pin_name(const device_rules *rules, char pin[NAME_MAX + 1])
{
	cleanup_buf struct buf name = { 0 };

	for (size_t i = 0; i < rules->n; i++) {
		const struct device_match *rule = &rules->v[i];

		if (rule->type == 'b' && rule->major >= 0)
			return false;
		buf_puts(&name, i ? "," : "");
		buf_puts(&name, rule->allow ? "+" : "-");
		buf_append(&name, &rule->type, 1);
		append_number(&name, rule->major);
		buf_puts(&name, ":");
		append_number(&name, rule->minor);
		buf_puts(&name, rule->access & DEVICE_READ ? "r" : "");
		buf_puts(&name, rule->access & DEVICE_WRITE ? "w" : "");
		buf_puts(&name, rule->access & DEVICE_MKNOD ? "m" : "");
	}
	if (name.len == 0)
		buf_puts(&name, "none");
	if (name.len > NAME_MAX)
		return false;
	strcpy(pin, name.data);
	return true;
}

/*
 * Returns the directory of pinned programs, or -1. With its default mode (1777) anybody can create
 * directories in a bpffs, so check that the directory is in a bpffs and ours.
 */
static int pins_open(void)
{
	cleanup_fd int fd = open(PIN_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 && statfs(PIN_ROOT, &fs) == 0 && (unsigned)fs.f_type == BPF_FS_MAGIC &&
		mkdir(PIN_DIRECTORY, 0700) == 0)
		fd = open(PIN_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0 || (unsigned)fs.f_type != BPF_FS_MAGIC ||
		!fd_is_ours(fd, S_IFDIR))
		return -1;
	return fd_take(&fd);
}

/* Returns a pinned program for the rules, or loads a new one and pins it if possible. */
static int program_open(const device_rules *rules)
{
	char name[NAME_MAX + 1], path[FD_PATH_MAX + NAME_MAX + 1], directory[FD_PATH_MAX];
	bool has_name = pin_name(rules, name);
	cleanup_fd int pins = has_name ? pins_open() : -1;
	cleanup_free struct bpf_insn *program = NULL;
	union bpf_attr attr = { .pathname = (uintptr_t)path };
	size_t n;
	int fd = -1;

	if (pins >= 0) {
		snprintf(path, sizeof path, "%s/%s", fd_path(directory, pins), name);
		fd = sys_bpf(BPF_OBJ_GET, &attr);
	}
	if (fd >= 0)
		return fd;
	n = devices_program(rules, &program);
	fd = load_program(program, n);
	if (fd >= 0 && pins >= 0) {
		attr.bpf_fd = (uint32_t)fd;
		sys_bpf(BPF_OBJ_PIN, &attr); /* best effort: another hull may have been faster, the
						filesystem may be read-only */
	}
	return fd;
}

enum { ATTACHED_MAX = 64 }; /* the kernel's limit */

static int program_attach(int cgroup_fd, int program, int replaced)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup_fd,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI | (replaced >= 0 ? BPF_F_REPLACE : 0),
		.replace_bpf_fd = replaced >= 0 ? (uint32_t)replaced : 0,
	};

	return sys_bpf(BPF_PROG_ATTACH, &attr);
}

static int program_by_id(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };

	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

/*
 * Replaces the attached programs: exchanges the first for the new one atomically, detaches the
 * others.
 */
static int program_replace(int cgroup_fd, int program)
{
	uint32_t ids[ATTACHED_MAX] = { 0 };
	union bpf_attr query = {
		.query.target_fd = (uint32_t)cgroup_fd,
		.query.attach_type = BPF_CGROUP_DEVICE,
		.query.prog_ids = (uintptr_t)ids,
		.query.prog_cnt = ATTACHED_MAX,
	};

	if (sys_bpf(BPF_PROG_QUERY, &query) < 0)
		return -1;
	if (query.query.prog_cnt == 0)
		return program_attach(cgroup_fd, program, -1);
	for (uint32_t i = 0; i < query.query.prog_cnt; i++) {
		cleanup_fd int old = program_by_id(ids[i]);
		union bpf_attr detach = { .target_fd = (uint32_t)cgroup_fd,
			.attach_bpf_fd = (uint32_t)old,
			.attach_type = BPF_CGROUP_DEVICE };

		if (old < 0)
			return -1;
		if (i == 0 && program_attach(cgroup_fd, program, old) < 0)
			return -1;
		if (i > 0 && sys_bpf(BPF_PROG_DETACH, &detach) < 0)
			return -1;
	}
	return 0;
}

int devices_apply_v2(int cgroup_fd, const device_rules *rules, bool update, struct error *err)
{
	bool everything = rules->n == 1 && rules->v[0].allow && rules->v[0].access == DEVICE_ALL &&
		rules->v[0].type == 'a' && rules->v[0].major < 0 && rules->v[0].minor < 0;
	cleanup_fd int program = -1;

	if (everything && !update)
		return 0;
	program = program_open(rules);
	if (program < 0)
		return error_errno(err,
			"/linux/resources/devices: load the BPF program of %zu rules", rules->n);
	if ((update ? program_replace(cgroup_fd, program)
		    : program_attach(cgroup_fd, program, -1)) < 0)
		return error_errno(
			err, "/linux/resources/devices: attach the BPF program to the cgroup");
	return 0;
}
