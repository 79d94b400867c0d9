/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process of a container: prints when its first instruction ran (CLOCK_MONOTONIC, in
 * microseconds), then waits.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	printf("%lld\n", t.tv_sec * 1000000LL + t.tv_nsec / 1000);
	fflush(stdout);
	for (;;)
		pause();
}
