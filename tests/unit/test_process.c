/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fd.h"
#include "base/process.h"

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void start_time_of_a_process(void **state)
{
	uint64_t mine, again, first;
	char letter;

	(void)state;
	assert_int_equal(process_start_time(getpid(), &mine, &letter), 0);
	assert_int_equal(process_start_time(getpid(), &again, NULL), 0);
	assert_int_equal(process_start_time(1, &first, NULL), 0);
	assert_int_equal(letter, 'R');
	assert_true(mine == again);
	assert_true(mine > first);
	assert_int_equal(process_start_time(0x3fffffff, &mine, NULL), -1);
	assert_int_equal(errno, ENOENT);
}

static void name_made_to_confuse(void **state)
{
	uint64_t before, after;
	char letter;

	(void)state;
	process_start_time(getpid(), &before, NULL);
	prctl(PR_SET_NAME, "a) Z 1 (2 3) 4");
	assert_int_equal(process_start_time(getpid(), &after, &letter), 0);
	prctl(PR_SET_NAME, "test_process");
	assert_true(before == after);
	assert_int_equal(letter, 'R');
}

static void only_the_process_that_is_meant(void **state)
{
	pid_t pid = sleeper();
	uint64_t start;
	int pidfd;

	(void)state;
	assert_int_equal(process_start_time(pid, &start, NULL), 0);
	pidfd = process_open(pid, start);
	assert_true(pidfd >= 0);
	fd_close(&pidfd);
	assert_int_equal(process_open(pid, start + 1), -1);
	assert_int_equal(errno, ESRCH);

	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	assert_int_equal(process_open(pid, start), -1); /* a zombie */
	assert_int_equal(errno, ESRCH);
	assert_int_equal(process_wait(pid), 128 + SIGKILL);
	assert_int_equal(process_open(pid, start), -1);
	assert_int_equal(errno, ESRCH);
}

static void exit_status_as_a_shell_gives_it(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(7);
	assert_int_equal(process_wait(pid), 7);
	assert_int_equal(process_wait(pid), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_time_of_a_process),
		cmocka_unit_test(name_made_to_confuse),
		cmocka_unit_test(only_the_process_that_is_meant),
		cmocka_unit_test(exit_status_as_a_shell_gives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
