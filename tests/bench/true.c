/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * true: the process of measured containers. Named pause, it waits until it is killed.
 */
#include "calls.h"

__attribute__((used)) static void begin(const long *stack)
{
	const char *name = (const char *)stack[1];
	const char *last = name;

	for (; *name; name++)
		if (*name == '/')
			last = name + 1;
	while (*last == 'p')
		CALL0(pause);
	CALL(exit_group, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
