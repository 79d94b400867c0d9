/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/init/payload.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/text/base64.h"
#include "container/wire/listener.h"
#include "container/wire/sync.h"
#include "linux/ids/user.h"
#include "linux/mount/devices.h"
#include "linux/process/environment.h"
#include "linux/process/exec_refusals.h"
#include "linux/process/lsm.h"
#include "linux/process/memory_policy.h"
#include "linux/process/personality.h"
#include "linux/seccomp/seccomp_compile.h"

#define BPF_DATA "run.oci.seccomp_bpf_data"

/*
 * Enters the working directory through its fd, then asks the kernel for its path, which would not
 * start with "/" outside the root (CVE-2024-21626).
 */
static int enter_cwd(const char *cwd, int root, bool make, struct error *err)
{
	cleanup_fd int dir = path_open(root, cwd, O_PATH | O_DIRECTORY, err);
	cleanup_buf struct buf path = { 0 }; /* on the stack, it would be another page */

	if (dir < 0 && errno == ENOENT && make)
		dir = path_make_directory(root, cwd, 0755, err);
	if (dir < 0 || fchdir(dir) < 0)
		return error_of_program(err, errno, "/process/cwd: enter %s", cwd);
	if (getcwd(buf_reserve(&path, PATH_MAX), PATH_MAX) == NULL || path.data[0] != '/')
		return error_set(err, 0,
			"/process/cwd: %s is outside of the container's root filesystem", cwd);
	return 0;
}

/* Retries as the container's user, who may have access that this process lacks. */
static int enter_cwd_late(const char *cwd, bool make, struct error *err)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return enter_cwd(cwd, root, make, err);
}

static int decode_program(const char *text, struct buf *program, struct error *err)
{
	size_t size = sizeof(struct sock_filter);

	if (!base64_decode(text, program) || program->len == 0 || program->len % size != 0 ||
		program->len / size > BPF_MAXINSNS)
		return error_set(err, 0,
			"/annotations/" BPF_DATA ": must be 1 to %d instructions of BPF in base64",
			BPF_MAXINSNS);
	return 0;
}

bool payload_has_seccomp(const struct oci_config *config)
{
	return config->linux->seccomp != NULL || config_annotation(config, BPF_DATA) != NULL;
}

static bool fails_on_unknown_calls(const struct oci_config *config)
{
	const char *strict = config_annotation(config, "run.oci.seccomp_fail_unknown_syscall");

	return strict != NULL && strcmp(strict, "0") != 0;
}

bool payload_seccomp_is_profile(const struct oci_config *config)
{
	return config_annotation(config, BPF_DATA) == NULL && !fails_on_unknown_calls(config);
}

int payload_compile_seccomp(
	const struct oci_config *config, struct buf *program, unsigned *flags, struct error *err)
{
	const char *ready = config_annotation(config, BPF_DATA);

	*flags = 0;
	if (ready != NULL)
		return decode_program(ready, program, err);
	return seccomp_compile(
		config->linux->seccomp, fails_on_unknown_calls(config), program, flags, err);
}

bool payload_has_labels(const struct oci_process *process)
{
	return process != NULL &&
		(process->apparmor_profile != NULL || process->selinux_label != NULL);
}

int payload_set_labels(
	int procfd, const struct oci_process *process, bool keyring, struct error *err)
{
	if (!payload_has_labels(process))
		return 0;
	if (lsm_apparmor_apply(procfd, process->apparmor_profile, err) < 0 ||
		lsm_selinux_apply(procfd, process->selinux_label, err) < 0)
		return -1;
	return keyring ? lsm_selinux_label_keys(procfd, process->selinux_label, err) : 0;
}

bool payload_keeps_groups(const struct oci_config *config)
{
	const char *keep = config_annotation(config, "run.oci.keep_original_groups");

	return keep != NULL && strcmp(keep, "0") != 0;
}

/* Returns process.env plus LISTEN_FDS and LISTEN_PID for socket activation. */
static string_list variables(
	const struct payload *payload, const struct oci_process *process, struct arena *arena)
{
	string_list env = process->env;

	if (payload->listen_fds == 0)
		return env;
	*LIST_ADD(arena, &env) = arena_printf(arena, "LISTEN_FDS=%u", payload->listen_fds);
	*LIST_ADD(arena, &env) = arena_printf(arena, "LISTEN_PID=%d", getpid());
	return env;
}

int payload_prepare(struct payload *payload, const struct oci_process *process,
	const struct oci_linux *linux, struct arena *arena, mode_t caller_umask, struct error *err)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const string_list env = variables(payload, process, arena);

	payload->process = process;
	payload->umask = process->user.umask.set ? process->user.umask.value : caller_umask;
	capabilities_resolve(process->capabilities, &payload->capabilities);
	payload->env = environment_make(arena, &env, root, process->user.uid);
	if (!process->terminal && devices_replace_null(root, linux->mount_label, err) < 0)
		return -1;
	payload->in_cwd = enter_cwd(process->cwd, root, payload->make_cwd, err) == 0;
	if (!payload->in_cwd && errno != EACCES)
		return -1;
	if (linux->personality != NULL && personality_set(linux->personality, err) < 0)
		return -1;
	if (linux->memory_policy != NULL && memory_policy_set(linux->memory_policy, err) < 0)
		return -1;
	payload->argv = arena_alloc(arena, (process->args.n + 1) * sizeof *payload->argv);
	memcpy(payload->argv, process->args.v, process->args.n * sizeof *payload->argv);
	payload->executable = environment_find(arena, payload->env, process->args.v[0], err);
	return payload->executable == NULL ? -1 : 0;
}

/*
 * Resets signal dispositions and mask, which are inherited, so that the container's process doesn't
 * ignore what hull's caller ignores.
 */
static void reset_signals(void)
{
	/*
	 * the kernel's struct sigaction: libc's sigaction() refuses the signals that it uses
	 * itself, but the caller's posix_spawn() may have ignored them
	 */
	static const struct {
		void (*handler)(int);
		unsigned long flags, restorer, mask[8 / sizeof(unsigned long)];
	} dfl = { .handler = SIG_DFL };
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		syscall(SYS_rt_sigaction, signal_number, &dfl, NULL, sizeof dfl.mask);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int become_user(struct payload *payload, uint64_t held, struct error *err)
{
	const struct oci_process *process = payload->process;

	if (capabilities_drop_bounding(&payload->capabilities, err) < 0)
		return -1;
	if (user_set(&process->user, payload->keep_groups, err) < 0)
		return -1;
	return capabilities_apply(&payload->capabilities, held, err);
}

/*
 * Returns the capability to keep until the filter is loaded: without no_new_privs, loading needs
 * CAP_SYS_ADMIN.
 */
static uint64_t held_for(const struct payload *payload, const struct payload_seccomp *seccomp)
{
	return seccomp->n > 0 && !payload->process->no_new_privileges ? UINT64_C(1) << CAP_SYS_ADMIN
								      : 0;
}

int payload_become(
	struct payload *payload, const struct payload_seccomp *seccomp, struct error *err)
{
	const struct oci_process *process = payload->process;

	reset_signals();
	if (become_user(payload, held_for(payload, seccomp), err) < 0)
		return -1;
	if (!payload->in_cwd && enter_cwd_late(process->cwd, payload->make_cwd, err) < 0)
		return -1;
	umask(payload->umask);
	if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(err, "/process/noNewPrivileges");
	return 0;
}

/*
 * Loads the filter as late as possible, so that it has to allow only two system calls of hull's:
 * execve(2) and, without no_new_privs, capset(2).
 */
int payload_confine(
	struct payload *payload, const struct payload_seccomp *seccomp, int sock, struct error *err)
{
	if (listener_load(seccomp, sock, err) < 0)
		return -1;
	return held_for(payload, seccomp) != 0 ? capabilities_limit(&payload->capabilities, 0, err)
					       : 0;
}

int payload_exec(struct payload *payload, const struct payload_seccomp *seccomp, int sock,
	unsigned preserved, struct error *err)
{
	if (payload_become(payload, seccomp, err) < 0)
		return -1;
	if (close_range(3 + preserved, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return error_errno(err, "mark file descriptors close-on-exec");
	if (sync_send(sock, SYNC_EXEC, NULL, 0, -1) < 0)
		return error_errno(err, "send to the starting hull");
	if (payload_confine(payload, seccomp, sock, err) < 0)
		return -1;
	execve(payload->executable, payload->argv, payload->env);
	return exec_explain(
		&(struct execution_refused){ payload->executable, payload->argv, payload->env,
			payload->process->selinux_label, payload->process->apparmor_profile },
		errno, err);
}
