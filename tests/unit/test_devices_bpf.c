/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device rules. The judge is a reading of the runtime-spec in ten lines: rules in their order, the
 * last one that matches decides each kind of access. Against it stand the simplified list, the
 * generated program (interpreted here), and the kernel itself with cgroup v2 and v1, asked about
 * real nodes; each with random lists of rules. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"
#include "cgroup/internal.h"
#include "emulated.h"
#include "support.h"

enum { RULES_MAX = 14, LISTS = 20000, KERNEL_LISTS = 2000, QUESTIONS = 48 };

/* Numbers without drivers (LOCAL/EXPERIMENTAL USE in the kernel's devices.txt): opening them is
 * harmless. */
static const int64_t majors[] = { 60, 61, 62, -1 }, minors[] = { 0, 1, 2, -1 };

static uint64_t seed = 0x9e3779b97f4a7c15;

static unsigned random_below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 32) % n);
}

static const char *const types[] = { "a", "b", "c", NULL },
			 *const accesses[] = { "r", "w", "m", "rw", "rm", "wm", "rwm", NULL };

static struct opt_int64 random_number(const int64_t numbers[4])
{
	unsigned which = random_below(5);

	return (struct opt_int64){ which < 4, which < 4 ? numbers[which] : 0 };
}

static size_t random_rules(struct oci_device_rule rules[RULES_MAX])
{
	size_t n = random_below(RULES_MAX + 1);

	for (size_t i = 0; i < n; i++) {
		rules[i] = (struct oci_device_rule){ random_below(2), types[random_below(4)],
			random_number(majors), random_number(minors), accesses[random_below(8)] };
		if (random_below(8) == 0)
			rules[i] = (struct oci_device_rule){ .allow = random_below(2),
				.access = "rwm" };
	}
	return n;
}

static bool matches(const struct oci_device_rule *rule, char type, int64_t major, int64_t minor)
{
	return (!rule->type || *rule->type == 'a' || *rule->type == type) &&
		(!rule->major.set || rule->major.value < 0 || rule->major.value == major) &&
		(!rule->minor.set || rule->minor.value < 0 || rule->minor.value == minor);
}

/* The judge. */
static bool allowed(const struct oci_device_rule *rules, size_t n, char type, int64_t major,
	int64_t minor, const char *access)
{
	for (; *access; access++) {
		bool allow = false;

		for (size_t i = 0; i < n; i++)
			if (matches(&rules[i], type, major, minor) &&
				strchr(rules[i].access ? rules[i].access : "rwm", *access))
				allow = rules[i].allow;
		if (!allow)
			return false;
	}
	return true;
}

static unsigned access_bits(const char *access)
{
	return (strchr(access, 'r') ? DEVICE_READ : 0) | (strchr(access, 'w') ? DEVICE_WRITE : 0) |
		(strchr(access, 'm') ? DEVICE_MKNOD : 0);
}

static const string_map no_defaults = {
	(struct string_pair[]){ { "io.hull.devices.default", "false" } }, 1
};

static void read_rules(struct arena *arena, struct oci_device_rule *rules, size_t n,
	const string_map *annotations, device_rules *out)
{
	struct oci_resources resources = { .devices = { rules, n } };

	assert_int_equal(device_rules_read(arena, &resources, annotations, out, NULL), 0);
}

static void complain(const struct oci_device_rule *rules, size_t n, const char *what)
{
	print_error("%s; the rules:\n", what);
	for (size_t i = 0; i < n; i++)
		print_error("  %s %s %lld%s:%lld%s %s\n", rules[i].allow ? "allow" : "deny",
			rules[i].type ? rules[i].type : "-", (long long)rules[i].major.value,
			rules[i].major.set ? "" : "(unset)", (long long)rules[i].minor.value,
			rules[i].minor.set ? "" : "(unset)",
			rules[i].access ? rules[i].access : "-");
	fail();
}

/* The instructions that the compiler emits, as linux/bpf.h and the instruction set document define
 * them. */
static int interpret(
	const struct bpf_insn *program, size_t n, const struct bpf_cgroup_dev_ctx *context)
{
	uint64_t r[6] = { 0 };

	for (size_t at = 0; at < n; at++) {
		const struct bpf_insn *i = &program[at];
		uint64_t *to = &r[i->dst_reg], immediate = (uint64_t)(int64_t)i->imm;
		bool jump = false;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			*to = *(const uint32_t *)((const char *)context + i->off);
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X: *to = r[i->src_reg]; break;
		case BPF_ALU64 | BPF_MOV | BPF_K: *to = immediate; break;
		case BPF_ALU64 | BPF_AND | BPF_K: *to &= immediate; break;
		case BPF_ALU64 | BPF_RSH | BPF_K: *to >>= immediate; break;
		case BPF_JMP | BPF_JNE | BPF_K: jump = *to != immediate; break;
		case BPF_JMP | BPF_JEQ | BPF_K: jump = *to == immediate; break;
		case BPF_JMP | BPF_JSET | BPF_K: jump = *to & immediate; break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			jump = (uint32_t)*to != (uint32_t)immediate;
			break;
		case BPF_JMP | BPF_JA: jump = true; break;
		case BPF_JMP | BPF_EXIT: return (int)r[0];
		default: fail_msg("instruction %zu: code %#x", at, i->code);
		}
		at += jump ? (size_t)i->off : 0;
	}
	fail_msg("the program has no end");
	return -1;
}

/* What a simplified list says. */
static bool simple_allows(
	const device_rules *rules, char type, int64_t major, int64_t minor, unsigned access)
{
	for (size_t i = rules->n; access && i--;) {
		const struct device_match *rule = &rules->v[i];

		if ((rule->type != 'a' && rule->type != type) ||
			(rule->major >= 0 && rule->major != major) ||
			(rule->minor >= 0 && rule->minor != minor) || !(rule->access & access))
			continue;
		if (!rule->allow)
			return false;
		access &= ~rule->access;
	}
	return !access;
}

static void random_lists(void **state)
{
	(void)state;
	for (unsigned list = 0; list < LISTS; list++) {
		cleanup_arena struct arena arena = { 0 };
		cleanup_free struct bpf_insn *program = NULL;
		struct oci_device_rule rules[RULES_MAX];
		size_t n = random_rules(rules), length;
		device_rules simple;

		read_rules(&arena, rules, n, &no_defaults, &simple);
		length = devices_program(&simple, &program);
		for (unsigned question = 0; question < QUESTIONS; question++) {
			char type = "bc"[random_below(2)];
			int64_t major = 60 + random_below(4), minor = random_below(4);
			const char *access = accesses[random_below(7)];
			bool expected = allowed(rules, n, type, major, minor, access);
			struct bpf_cgroup_dev_ctx context = { access_bits(access) << 16 |
					(type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
				(uint32_t)major, (uint32_t)minor };
			char what[64];

			snprintf(what, sizeof what, "%c %d:%d %s is %s", type, (int)major,
				(int)minor, access, expected ? "allowed" : "denied");
			if (simple_allows(&simple, type, major, minor, access_bits(access)) !=
				expected)
				complain(rules, n, what);
			if (interpret(program, length, &context) != expected)
				complain(rules, n, what);
		}
	}
}

/* ---- the kernel as judge ---- */

static const char *cgroup_name;

enum { NODES = 2 * 4 * 4 };

static void node_name(char name[16], unsigned node)
{
	snprintf(name, 16, "%c%u.%u", "bc"[node & 1], 60 + (node >> 1) / 4, (node >> 1) % 4);
}

static dev_t node_device(unsigned node)
{
	return makedev(60 + (node >> 1) / 4, (node >> 1) % 4);
}

/* Inside the cgroup: tells for each node and kind of access what the kernel said, '1' for allowed.
 * access(2) asks as open(2) does, but doesn't look for a driver. */
static void ask(int nodes, char answers[NODES * 4])
{
	static const int modes[] = { R_OK, W_OK, R_OK | W_OK };

	for (unsigned node = 0; node < NODES; node++) {
		char name[16];

		node_name(name, node);
		for (unsigned i = 0; i < 3; i++)
			answers[node * 4 + i] =
				faccessat(nodes, name, modes[i], 0) == 0 ? '1' : '0';
		answers[node * 4 + 3] = mknodat(nodes, "new", (node & 1 ? S_IFCHR : S_IFBLK) | 0600,
						node_device(node)) == 0
			? '1'
			: '0';
		unlinkat(nodes, "new", 0);
	}
}

/* A process in the cgroup that asks whenever it reads a byte. */
static pid_t start_asking(const char *procs, const int pair[2])
{
	pid_t pid = fork();
	char answers[NODES * 4], byte;
	int nodes;

	if (pid != 0)
		return pid;
	close(pair[0]);
	nodes = open(base, O_PATH | O_DIRECTORY);
	if (nodes < 0 || cgroup_write(AT_FDCWD, procs, "0") < 0)
		_exit(1);
	while (read(pair[1], &byte, 1) == 1) {
		ask(nodes, answers);
		if (write(pair[1], answers, sizeof answers) != sizeof answers)
			_exit(1);
	}
	_exit(0);
}

static void compare(const struct oci_device_rule *rules, size_t n, const char answers[NODES * 4])
{
	static const char *const asked[] = { "r", "w", "rw", "m" };

	for (unsigned i = 0; i < NODES * 4; i++) {
		unsigned node = i / 4;
		bool expected = allowed(rules, n, "bc"[node & 1], major(node_device(node)),
			minor(node_device(node)), asked[i % 4]);
		char name[16], what[64];

		node_name(name, node);
		snprintf(what, sizeof what, "kernel: %s %s is %s", name, asked[i % 4],
			expected ? "allowed" : "denied");
		if (expected != (answers[i] == '1'))
			complain(rules, n, what);
	}
}

/* Sets the rules as for a new container, then others as `update` does, and so on; v1 refuses some.
 */
static void ask_kernel(struct cgroup_hierarchy *hierarchy, bool v2)
{
	cleanup_free char *procs = mem_printf("%s/cgroup.procs", hierarchy->directory);
	unsigned refused = 0;
	int pair[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = start_asking(procs, pair);
	fd_close(&pair[1]);
	for (unsigned list = 0; list < KERNEL_LISTS; list++) {
		cleanup_arena struct arena arena = { 0 };
		struct cgroup cgroup = { .fd = -1, .arena = &arena };
		struct oci_device_rule rules[RULES_MAX];
		size_t n = random_rules(rules);
		device_rules simple;
		char answers[NODES * 4];

		read_rules(&arena, rules, n, &no_defaults, &simple);
		if (v2 && devices_apply_v2(hierarchy->fd, &simple, list > 0, &err) < 0)
			fail_msg("%s", err.text);
		if (!v2 && devices_apply_v1(&cgroup, hierarchy, &simple, list > 0, &err) < 0) {
			if (!strstr(err.text, "narrows an earlier"))
				fail_msg("%s", err.text);
			refused++;
			continue;
		}
		assert_int_equal(write(pair[0], "?", 1), 1);
		assert_int_equal(read(pair[0], answers, sizeof answers), sizeof answers);
		compare(rules, n, answers);
	}
	fd_close(&pair[0]);
	assert_int_equal(process_wait(pid), 0);
	assert_true(refused < KERNEL_LISTS * 3 / 4);
}

/* In the cgroup until it is killed: asks for what two lists of rules both allow, and for what both
 * deny. */
static pid_t start_watching(const char *procs)
{
	pid_t pid = fork();
	int nodes;

	if (pid != 0)
		return pid;
	nodes = open(base, O_PATH | O_DIRECTORY);
	if (nodes < 0 || cgroup_write(AT_FDCWD, procs, "0") < 0)
		_exit(1);
	raise(SIGSTOP); /* until the first list is there */
	while (faccessat(nodes, "c60.0", R_OK | W_OK, 0) == 0 &&
		faccessat(nodes, "c61.0", R_OK, 0) < 0)
		;
	_exit(2);
}

/* While one list takes the place of the other there is no moment without rules, nor one with those
 * of both. */
static void replace_under_watch(struct cgroup_hierarchy *hierarchy, bool v2)
{
	struct oci_device_rule lists[2][2] = {
		{ { .allow = true, .type = "c", .major = { true, 60 }, .access = "rwm" },
			{ .allow = true, .type = "b", .major = { true, 60 }, .access = "rwm" } },
		{ { .allow = true, .type = "c", .major = { true, 60 }, .access = "rwm" },
			{ .allow = true, .type = "c", .major = { true, 62 }, .access = "r" } },
	};
	cleanup_free char *procs = mem_printf("%s/cgroup.procs", hierarchy->directory);
	pid_t pid = start_watching(procs);
	int status;

	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	for (unsigned i = 0; i < 1000; i++) {
		cleanup_arena struct arena arena = { 0 };
		struct cgroup cgroup = { .arena = &arena };
		device_rules simple;

		read_rules(&arena, lists[i % 2], 2, &no_defaults, &simple);
		assert_int_equal(v2 ? devices_apply_v2(hierarchy->fd, &simple, true, NULL)
				    : devices_apply_v1(&cgroup, hierarchy, &simple, true, NULL),
			0);
		if (i == 0)
			assert_int_equal(kill(pid, SIGCONT), 0);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

/* A cgroup of the test's own in the hierarchy that is mounted there, or a skipped test. */
static void in_cgroup(const char *mount, bool v2)
{
	cleanup_free char *directory = mem_printf("%s/%s", mount, cgroup_name);
	struct cgroup_hierarchy hierarchy = { .directory = directory, .fd = -1 };

	if (geteuid() != 0 || mkdir(directory, 0755) < 0)
		skip();
	assert_true(cgroup_directory(&hierarchy, NULL) >= 0);
	ask_kernel(&hierarchy, v2);
	replace_under_watch(&hierarchy, v2);
	fd_close(&hierarchy.fd);
	/* (v1: the killed leave an instant after they have been waited for) */
	for (unsigned i = 0; rmdir(directory) < 0; i++) {
		assert_true(errno == EBUSY && i < 1000);
		usleep(10000);
	}
}

static void kernel_v2(void **state)
{
	(void)state;
	SKIP_IF_EMULATED();
	in_cgroup(cgroup_is_v2() ? CGROUP_ROOT : CGROUP_ROOT "/unified", true);
}

static void kernel_v1(void **state)
{
	(void)state;
	in_cgroup(CGROUP_ROOT "/devices", false);
}

/* What every container has, unless it is switched off. */
static void default_devices(void **state)
{
	cleanup_arena struct arena arena = { 0 };
	device_rules rules;
	struct oci_device_rule deny = { .allow = false }, everything = { .allow = true };
	const string_map wrong = { (struct string_pair[]){ { "io.hull.devices.default", "no" } },
		1 };

	(void)state;
	read_rules(&arena, &deny, 1, NULL, &rules);
	assert_true(simple_allows(&rules, 'c', 1, 3, DEVICE_ALL));
	assert_true(simple_allows(&rules, 'c', 136, 7, DEVICE_READ | DEVICE_WRITE));
	assert_true(simple_allows(&rules, 'b', 8, 0, DEVICE_MKNOD));
	assert_false(simple_allows(&rules, 'b', 8, 0, DEVICE_READ));
	assert_false(simple_allows(&rules, 'c', 1, 1, DEVICE_READ));  /* mem */
	assert_false(simple_allows(&rules, 'c', 5, 1, DEVICE_WRITE)); /* console */
	assert_false(simple_allows(&rules, 'b', 1, 3, DEVICE_WRITE));
	read_rules(&arena, &deny, 0, NULL, &rules);
	assert_false(simple_allows(&rules, 'c', 1, 1, DEVICE_READ));
	read_rules(&arena, &deny, 1, &no_defaults, &rules);
	assert_int_equal(rules.n, 0);
	read_rules(&arena, &everything, 1, NULL, &rules);
	assert_int_equal(rules.n, 1);
	assert_true(simple_allows(&rules, 'c', 1, 1, DEVICE_ALL));
	assert_int_equal(device_rules_read(&arena, NULL, &wrong, &rules, &err), -1);
	assert_non_null(strstr(err.text, "io.hull.devices.default"));
}

static int begin(void **state)
{
	cleanup_fd int nodes = -1;

	cgroup_name = mem_printf("hull-test-devices-%d", getpid());
	if (make_base(state) < 0)
		return -1;
	nodes = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (unsigned node = 0; geteuid() == 0 && node < NODES; node++) {
		char name[16];

		node_name(name, node);
		if (mknodat(nodes, name, (node & 1 ? S_IFCHR : S_IFBLK) | 0600, node_device(node)) <
			0)
			return -1;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_devices),
		cmocka_unit_test(random_lists),
		cmocka_unit_test(kernel_v2),
		cmocka_unit_test(kernel_v1),
	};

	return cmocka_run_group_tests(tests, begin, remove_base);
}
