/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull-doctor --root DIR [--bundle DIR] [--json] [--] [PATH...]: what `hull doctor` runs. It is a
 * separate program because it needs libmount, which distributions don't ship as a static archive.
 * The exit status is that of `hull doctor`.
 */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "doctor.h"

enum { EXIT_CAN = 0, EXIT_CANNOT = 1, EXIT_WARNINGS = 2 };

static const int exit_statuses[] = {
	[VERDICT_OK] = EXIT_CAN,
	[VERDICT_WARNING] = EXIT_WARNINGS,
	[VERDICT_BAD] = EXIT_CANNOT,
};

static void (*const checks[])(struct doctor *d) = {
	doctor_check_kernel,
	doctor_check_paths,
	doctor_check_subids,
	doctor_check_helpers,
	doctor_check_cgroups,
	doctor_check_engines,
	doctor_check_bundle,
};

/* Returns false after reporting what is wrong. */
static bool read_arguments(struct doctor *d, bool *json, int argc, char **argv)
{
	static const struct option options[] = { { "bundle", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' }, { "root", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'b': d->bundle = optarg; break;
		case 'j': *json = true; break;
		case 'r': d->rt.root = optarg; break;
		default: return false;
		}
	d->paths = (string_list){ (const char **)argv + optind, (size_t)(argc - optind) };
	if (d->rt.root != NULL)
		return true;
	fputs("hull-doctor: this program is run by `hull doctor`\n", stderr);
	return false;
}

int main(int argc, char **argv)
{
	struct doctor d = { .rt.trace_fd = -1, .userns = -1 };
	cleanup_buf struct buf out = { 0 };
	bool json = false;
	int status;

	if (!read_arguments(&d, &json, argc, argv))
		return EXIT_CANNOT;
	d.mounts = mnt_new_table_from_file("/proc/self/mountinfo");
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&d);
	(json ? findings_json : findings_text)(&out, &d.findings);
	status = exit_statuses[findings_verdict(&d.findings)];
	if (fd_write_all(STDOUT_FILENO, out.data, out.len) < 0) {
		fprintf(stderr, "hull-doctor: write to standard output: %s\n", error_words(errno));
		status = EXIT_CANNOT;
	}
	mnt_unref_table(d.mounts);
	fd_close(&d.userns);
	arena_free(&d.findings.arena);
	return status;
}
