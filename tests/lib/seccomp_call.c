/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes one system call and prints its result: a number, or its errno as -NUMBER.
 *
 *	seccomp_call NAME [ARGUMENT...]     NAME: getppid, getpgid, personality or a number
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} names[] = { { "getppid", SYS_getppid }, { "getpgid", SYS_getpgid },
	{ "personality", SYS_personality } };

int main(int argc, char **argv)
{
	unsigned long args[6] = { 0 };
	long number, result;

	if (argc < 2)
		return 2;
	number = strtol(argv[1], NULL, 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(argv[1], names[i].name) == 0)
			number = names[i].number;
	for (int i = 2; i < argc && i < 8; i++)
		args[i - 2] = strtoul(argv[i], NULL, 0);
	result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	printf("%ld\n", result < 0 ? -(long)errno : result);
	return 0;
}
