/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * auditor OPTION... -- COMMAND...: runs hull under ptrace(2), and checks every process of it at
 * each of its system calls. The last line is "N passed, N failed", one for each rule.
 *
 *   -n NAME       of what is audited, for the report
 *   -H FILE       hull
 *   -r -b -S DIR  the container's root filesystem, bundle; the state root
 *   -x NAME       of the container's program: the last component of its path
 *   -e NAME=VALUE,...   what proc_pid_status(5) must say when the program is executed
 *   -o ,UID,UID,  who may get files
 *   -k N          descriptors that are preserved
 *   -u UID        run hull as that user
 *   -s            as with the sysctl fs.suid_dumpable=1
 *   -f selinux|apparmor   a kernel that has this security module (fakes.c)
 *   -p PID        follow this process, too: the container's init, which waits for start
 *   -C PID        a process of a container that runs: its mount namespace is the container's
 *   -w PHASES     numbers of phases that must have been seen
 *   -a            hull may fail
 *   -v            print every stop
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

#include "auditor.h"
#include "fakes.h"

struct options options = { .name = "hull" };
struct process processes[PROCESSES_MAX];
int nprocesses;
static pid_t main_pid, given_pid;

enum {
	FOLLOW = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC,
	SYSTEM_CALL = SIGTRAP | 0x80,
};

static struct process *find(pid_t pid)
{
	for (int i = 0; i < nprocesses; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	return NULL;
}

static struct process *add(pid_t pid, const char *role)
{
	struct process *p = find(pid);

	if (p == NULL) {
		if (nprocesses == PROCESSES_MAX)
			errx(2, "too many processes");
		p = &processes[nprocesses++];
		*p = (struct process){ .pid = pid, .emulated = -1, .step = "-" };
	}
	if (role != NULL)
		snprintf(p->role, sizeof p->role, "%s", role);
	return p;
}

/* ---- system calls in its name ---- */

static long resume(struct process *p, int signal)
{
	return ptrace(PTRACE_SYSCALL, p->pid, 0, (void *)(intptr_t)signal);
}

/* Continues to the next system call stop; delivers signals that arrive meanwhile. */
static bool step(struct process *p)
{
	int status, signal = 0;

	for (;;) {
		if (resume(p, signal) < 0 || waitpid(p->pid, &status, __WALL) < 0 ||
			!WIFSTOPPED(status)) {
			p->foreign = true;
			return false;
		}
		if (WSTOPSIG(status) == SYSTEM_CALL)
			return true;
		signal = status >> 16 == 0 ? WSTOPSIG(status) : 0;
	}
}

#ifdef __x86_64__
enum { SYSCALL_INSTRUCTION = 2 };

/*
 * Injects a prctl(2). At the entry of a call, replaces that call, then returns to the instruction,
 * so that the process stops at the entry of its own call again. At the exit, makes an additional
 * call.
 */
long inject_prctl(struct process *p, int option, unsigned long value)
{
	struct user_regs_struct saved, regs;
	bool exiting = p->in_call;
	long result;

	if (p->foreign || ptrace(PTRACE_GETREGS, p->pid, 0, &saved) < 0)
		return LONG_MIN;
	regs = saved;
	regs.rdi = (unsigned long)option;
	regs.rsi = value;
	regs.rdx = regs.r10 = regs.r8 = 0;
	if (exiting) {
		regs.rax = SYS_prctl;
		regs.orig_rax = (unsigned long)-1;
		regs.rip -= SYSCALL_INSTRUCTION;
	} else {
		regs.orig_rax = SYS_prctl;
	}
	if (ptrace(PTRACE_SETREGS, p->pid, 0, &regs) < 0 || (exiting && !step(p)) || !step(p) ||
		ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0)
		return LONG_MIN;
	result = (long)regs.rax;
	regs = saved;
	if (!exiting) {
		regs.rip -= SYSCALL_INSTRUCTION;
		regs.rax = saved.orig_rax;
	}
	if (ptrace(PTRACE_SETREGS, p->pid, 0, &regs) < 0 || (!exiting && !step(p)))
		return LONG_MIN;
	return result;
}

static void set_result(struct process *p, long result)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0)
		return;
	regs.rax = (unsigned long)result;
	ptrace(PTRACE_SETREGS, p->pid, 0, &regs);
}

/* Below the stack, and below the red zone that a function may use. */
unsigned long long scratch_of(struct process *p)
{
	struct user_regs_struct regs;

	return ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0 ? 0 : (regs.rsp - 4096) & ~15ULL;
}

bool set_path_argument(struct process *p, int number, unsigned long long address)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0)
		return false;
	*(number == 0 ? &regs.rdi : number == 1 ? &regs.rsi : &regs.rdx) = address;
	return ptrace(PTRACE_SETREGS, p->pid, 0, &regs) == 0;
}
#endif

/* ---- fs.suid_dumpable=1 ---- */

/*
 * Finds out where the kernel makes a process non-dumpable with fs.suid_dumpable=0, because there it
 * makes it dumpable with 1: makes the process dumpable before the call.
 */
static void before_change(struct process *p)
{
	p->emulated = inject_prctl(p, PR_GET_DUMPABLE, 0);
	if (p->emulated == 0)
		inject_prctl(p, PR_SET_DUMPABLE, 1);
}

static void after_change(struct process *p)
{
	long now = inject_prctl(p, PR_GET_DUMPABLE, 0);

	if (now == 1) { /* the call changed nothing that affects dumpability */
		if (p->emulated == 0)
			inject_prctl(p, PR_SET_DUMPABLE, 0);
	} else if (now >= 0) {
		inject_prctl(p, PR_SET_DUMPABLE, 1);
		p->ids_changed = true;
	}
	p->emulated = -1;
}

/* ---- stops ---- */

/* --trace: the step that has just ended; "name":"..." */
static void note_step(struct process *p, const struct call *call)
{
	static const char head[] = ",\n{\"name\":\"";
	char text[TEXT_MAX];
	size_t n;

	if (call->nr != SYS_write)
		return;
	n = read_memory(p->pid, call->args[1], text,
		call->args[2] < sizeof text - 1 ? call->args[2] : sizeof text - 1);
	text[n] = '\0';
	if (strncmp(text, head, sizeof head - 1) == 0) {
		snprintf(p->step, sizeof p->step, "%s", text + sizeof head - 1);
		p->step[strcspn(p->step, "\"")] = '\0';
	}
}

static void at_entry(struct process *p, const struct ptrace_syscall_info *info)
{
	struct call call = { .nr = (long)info->entry.nr };

	for (int i = 0; i < 6; i++)
		call.args[i] = info->entry.args[i];
	call_read(p->pid, &call);
	if (options.verbose)
		printf("        %s (%d): %s\n", p->role, p->pid, call_text(&call));
	note_step(p, &call);
	check_entry(p, &call);
	if (p->foreign)
		return;
	if (call.info != NULL && call.info->flags & CALL_EXECUTES)
		snprintf(p->program, sizeof p->program, "%s", call.path);
	if (options.suid_dumpable && call.info != NULL && call.info->flags & CALL_CHANGES_IDS)
		before_change(p);
	if (options.fake != NULL)
		fake_entry(p, &call);
	p->in_call = true;
}

static void at_exit_of_call(struct process *p)
{
	if (p->faked)
		set_result(p, p->fake_result);
	p->faked = false;
	if (p->emulated >= 0)
		after_change(p);
	p->in_call = false;
}

static void let_parent_go_on(struct process *p)
{
	struct process *parent = p->parent != 0 ? find(p->parent) : NULL;

	if (parent != NULL && !parent->foreign)
		resume(parent, 0);
	p->parent = 0;
}

static void at_call(struct process *p)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof info, &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		at_entry(p, &info);
		let_parent_go_on(p);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		at_exit_of_call(p);
}

static void let_go(struct process *p)
{
	p->foreign = true;
	ptrace(PTRACE_DETACH, p->pid, 0, 0);
}

/* All programs except hull run untraced: hooks, newuidmap, criu, the container's program. */
static bool at_exec(struct process *p)
{
	p->in_call = true; /* the exit of execve follows */
	p->emulated = -1;
	p->npending = 0; /* the new program starts without pending calls */
	if (is_hull(p->pid))
		return false;
	check_executed(p);
	let_go(p);
	return true;
}

/*
 * The parent waits until the child has stopped at its first system call, so that nothing that the
 * parent does for the child (writing its map) comes earlier.
 */
static void at_clone(const struct process *p)
{
	char role[TEXT_MAX];
	struct process *child;
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, p->pid, 0, &pid) < 0)
		return;
	snprintf(role, sizeof role, "child of %.100s in \"%.60s\"", p->role, p->step);
	child = add((pid_t)pid, role);
	child->parent = p->pid;
	if (child->early)
		resume(child, 0);
}

static void at_stop(struct process *p, int status)
{
	int event = status >> 16, signal = 0;

	switch (event) {
	case 0:
		if (WSTOPSIG(status) == SYSTEM_CALL)
			at_call(p);
		else
			signal = WSTOPSIG(status);
		break;
	case PTRACE_EVENT_EXEC:
		if (at_exec(p))
			return;
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE: at_clone(p); return;
	case PTRACE_EVENT_STOP:
		if (WSTOPSIG(status) != SIGTRAP) {
			ptrace(PTRACE_LISTEN, p->pid, 0, 0);
			return;
		}
		break;
	default: break;
	}
	resume(p, signal);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool all_done(void)
{
	for (int i = 0; i < nprocesses; i++)
		if (!processes[i].foreign)
			return false;
	return true;
}

/*
 * After hull has ended, a container's init may remain that waits for start: stops it once more,
 * then detaches.
 */
static void let_all_go(void)
{
	for (int i = 0; i < nprocesses; i++) {
		int status;

		if (processes[i].foreign || ptrace(PTRACE_INTERRUPT, processes[i].pid, 0, 0) < 0 ||
			waitpid(processes[i].pid, &status, __WALL) < 0)
			continue;
		if (WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, processes[i].pid, 0, 0);
	}
}

/*
 * After hull has ended, the container continues until it waits for start or has executed its
 * program.
 */
static bool has_more(void)
{
	return (given_pid != 0 || !all_ends_seen()) && !all_done();
}

static int follow(void)
{
	int status, result = 255;
	bool ended = false;
	pid_t pid;

	while ((!ended || has_more()) && (pid = waitpid(-1, &status, __WALL)) > 0) {
		struct process *p;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if ((p = find(pid)) != NULL) {
				p->foreign = true;
				let_parent_go_on(p);
			}
			if (pid == main_pid) {
				result = status_of(status);
				ended = true;
			}
			continue;
		}
		p = add(pid, NULL);
		if (p->role[0] != '\0')
			at_stop(p, status);
		else
			p->early = true; /* at_clone() continues it */
	}
	return result;
}

/* ---- beginning ---- */

static void execute(char **command)
{
	if (options.user != 0 &&
		(setgroups(0, NULL) < 0 || setgid(options.user) < 0 || setuid(options.user) < 0))
		_exit(126);
	raise(SIGSTOP);
	execv(command[0], command);
	_exit(127);
}

static void seize(pid_t pid, const char *role)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, FOLLOW) < 0)
		err(2, "follow process %d", pid);
	add(pid, role);
}

static void begin(char **command)
{
	int status;

	main_pid = fork();
	if (main_pid == 0)
		execute(command);
	if (main_pid < 0 || waitpid(main_pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
		errx(2, "can't run %s", command[0]);
	seize(main_pid, "the host side");
	ptrace(PTRACE_INTERRUPT, main_pid, 0, 0);
	waitpid(main_pid, &status, __WALL);
	kill(main_pid, SIGCONT);
	ptrace(PTRACE_CONT, main_pid, 0, 0);
	while (waitpid(main_pid, &status, __WALL) > 0 && WIFSTOPPED(status) &&
		status >> 16 != PTRACE_EVENT_EXEC)
		ptrace(PTRACE_CONT, main_pid, 0,
			(void *)(intptr_t)(status >> 16 == 0 ? WSTOPSIG(status) : 0));
	if (!is_hull(main_pid))
		errx(2, "%s isn't hull", command[0]);
	processes[0].in_call = true;
	resume(&processes[0], 0);
	if (given_pid != 0) {
		seize(given_pid, "the init");
		find(given_pid)->shown = options.user != 0;
		ptrace(PTRACE_INTERRUPT, given_pid, 0, 0);
	}
}

static void parse_option(int opt)
{
	switch (opt) {
	case 'a': options.may_fail = true; break;
	case 'n': options.name = optarg; break;
	case 'H': options.hull = optarg; break;
	case 'r': options.rootfs = optarg; break;
	case 'b': options.bundle = optarg; break;
	case 'S': options.state = optarg; break;
	case 'x': options.program = optarg; break;
	case 'e': options.expect = optarg; break;
	case 'o': options.owners = optarg; break;
	case 'f': options.fake = optarg; break;
	case 'k': options.preserved = (unsigned)atoi(optarg); break;
	case 'u': options.user = (uid_t)atoi(optarg); break;
	case 's': options.suid_dumpable = true; break;
	case 'p': given_pid = atoi(optarg); break;
	case 'C': look_at_container(atoi(optarg)); break;
	case 'v': options.verbose = true; break;
	case 'w':
		for (const char *c = optarg; *c >= '0' && *c <= '9'; c++)
			options.wanted |= 1U << (*c - '0');
		break;
	default: exit(2);
	}
}

int main(int argc, char **argv)
{
	int opt;

	if (argc == 2 && strcmp(argv[1], "--table") == 0) {
		print_table();
		return 0;
	}
#ifndef __x86_64__
	errx(77, "system calls are made in the name of others on x86_64 only");
#endif
	while ((opt = getopt(argc, argv, "+an:H:r:b:S:x:e:o:f:k:u:sp:C:vw:")) != -1)
		parse_option(opt);
	if (optind == argc || options.hull == NULL)
		errx(2, "usage: auditor -H HULL OPTION... -- COMMAND...");
	setvbuf(stdout, NULL, _IOLBF, 0);
	look_begin();
	if (given_pid != 0)
		look_at_container(given_pid);
	begin(argv + optind);
	opt = follow();
	let_all_go();
	return conclude(opt);
}
