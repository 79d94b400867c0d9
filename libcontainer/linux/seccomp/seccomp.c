/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/seccomp/seccomp.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/seccomp.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/mem.h"
#include "base/sys.h"
#include "linux/seccomp/seccomp_compile.h"

enum { STACK_SIZE = 64 * 1024 };

/* Finds the flag that the kernel doesn't know. */
static bool flag_unknown(const void *operation, struct buf *why)
{
	unsigned flags = *(const unsigned *)operation;

	for (int flag = 1; seccomp_flag_names[flag - 1] != NULL; flag++) {
		if (!(flags & seccomp_flag_bit(flag)) || seccomp_flag_supported(flag))
			continue;
		buf_printf(why, "this kernel doesn't know %s of /linux/seccomp/flags",
			seccomp_flag_names[flag - 1]);
		return true;
	}
	return false;
}

static const struct explanation load_rows[] = {
	{ EINVAL, NULL, flag_unknown, NULL },
	{ EACCES, NULL, NULL, "without /process/noNewPrivileges this needs CAP_SYS_ADMIN" },
	{ EBUSY, NULL, NULL, "a filter that is in force already has a listener" },
	{ ENOSYS, NULL, NULL, "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)" },
	EXPLANATIONS_END,
};

/* Sets err to the reason why the kernel refused a filter (errno). Returns -1. */
static int load_refused(size_t n, unsigned flags, struct error *err)
{
	error_errno(err, "/linux/seccomp: load the filter of %zu instructions", n);
	return explain(load_rows, NULL, &flags, err);
}

static int load(const struct sock_filter *program, size_t n, unsigned flags)
{
	struct sock_fprog filter = { .len = (unsigned short)n,
		.filter = (struct sock_filter *)(uintptr_t)program };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

int seccomp_filter_load(
	const struct sock_filter *program, size_t n, unsigned flags, struct error *err)
{
	int listener = load(program, n, flags);

	return listener >= 0 ? listener : load_refused(n, flags, err);
}

/*
 * Shared by the two threads. It is at the bottom of the second thread's stack, because that thread
 * may outlive the call.
 */
struct handover {
	int (*pass)(void *context, int listener);
	void *context;
	atomic_int listener; /* NOT_YET, or load()'s result */
	atomic_bool passed;
};
enum { NOT_YET = -2 };

static int hand_over(void *argument)
{
	struct handover *handover = argument;
	int listener;

	while ((listener = atomic_load(&handover->listener)) == NOT_YET)
		sched_yield();
	if (listener < 0)
		return 0;
	if (handover->pass(handover->context, listener) != 0)
		_exit(1);
	atomic_store(&handover->passed, true);
	return 0;
}

int seccomp_filter_load_notify(const struct sock_filter *program, size_t n, unsigned flags,
	int (*pass)(void *context, int listener), void *context, struct error *err)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	struct handover *handover = (struct handover *)(void *)stack;
	int listener;

	if (stack == MAP_FAILED)
		return error_errno(err, "make the stack of a thread");
	handover->pass = pass;
	handover->context = context;
	atomic_init(&handover->listener, NOT_YET);
	atomic_init(&handover->passed, false);
	if (clone(hand_over, stack + STACK_SIZE,
		    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			    CLONE_SYSVSEM,
		    handover) < 0)
		return error_errno(err, "make a thread for the seccomp listener");
	listener = load(program, n, flags);
	if (listener < 0)
		load_refused(n, flags, err);
	atomic_store(&handover->listener, listener);
	/* Spin: the filter may forbid every system call. */
	while (listener >= 0 && !atomic_load(&handover->passed)) {
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#endif
	}
	return listener < 0 ? -1 : 0;
}

bool seccomp_flag_supported(int flag)
{
	unsigned bit = seccomp_flag_bit(flag);

	/*
	 * This flag is valid only with NEW_LISTENER. The kernel checks flags before the program,
	 * which is NULL.
	 */
	if (bit == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		bit |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, bit, NULL) < 0 && errno == EFAULT;
}
