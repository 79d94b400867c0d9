/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull doctor: runs hull-doctor, which makes the checks.
 */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>

#include "base/explain.h"
#include "base/process.h"
#include "command.h"
#include "common_options.h"

enum { EXIT_NOT_LOADED = 127 }; /* of the dynamic loader, when a library is missing */

struct doctor_options {
	const char *bundle;
	bool json, clean;
};

static void append(string_list *argv, struct arena *arena, const char *word)
{
	*LIST_ADD(arena, argv) = word;
}

static const struct explanation run_rows[] = {
	{ ENOENT, NULL, NULL,
		"install the whole of hull: this program is a part of it. A build needs libmount "
		"for it (Debian: apt install libmount-dev; Fedora: dnf install libmount-devel)" },
	EXPLANATIONS_END,
};

/* status: the program's exit status. */
static int run(const char *program, const string_list *argv, int *status, struct error *err)
{
	extern char **environ;
	pid_t pid;

	errno = posix_spawn(&pid, program, NULL, NULL, (char **)argv->v, environ);
	if (errno != 0) {
		error_errno(err, "run %s", program);
		return explain(run_rows, NULL, NULL, err);
	}
	*status = process_wait(pid);
	if (*status != EXIT_NOT_LOADED)
		return 0;
	error_set(err, 0, "%s can't be loaded", program);
	return error_hint(err,
		"install libmount (Debian: apt install libmount1; Fedora: dnf install libmount)");
}

static int check(const struct call *call, const struct doctor_options *o, struct error *err)
{
	const char *directory = secure_getenv("HULL_LIBEXECDIR");
	const char *program = arena_printf(
		call->arena, "%s/hull-doctor", directory ? directory : LIBEXECDIR "/hull");
	string_list argv = { 0 };
	int status = 0;

	append(&argv, call->arena, "hull-doctor");
	append(&argv, call->arena, "--root");
	append(&argv, call->arena, call->rt->root);
	if (o->json)
		append(&argv, call->arena, "--json");
	if (o->bundle) {
		append(&argv, call->arena, "--bundle");
		append(&argv, call->arena, o->bundle);
	}
	append(&argv, call->arena, "--");
	for (size_t i = 0; i < call->n; i++)
		append(&argv, call->arena, call->args[i]);
	append(&argv, call->arena, NULL);
	return run(program, &argv, &status, err) < 0 ? -1 : status;
}

static int clean(const struct call *call, struct error *err)
{
	cleanup_buf struct buf out = { 0 };
	string_list removed;
	int result = container_clean(call->rt, call->arena, &removed, err);

	for (size_t i = 0; i < removed.n; i++)
		buf_printf(&out, "removed %s\n", removed.v[i]);
	return result < 0 ? -1 : print(&out, err);
}

static int doctor(const struct call *call, struct error *err)
{
	const struct doctor_options *o = call->options;

	return o->clean ? clean(call, err) : check(call, o, err);
}

static const struct option options[] = {
	{ "bundle", 'b', "DIR", "check the configuration of this bundle as well", option_string,
		offsetof(struct doctor_options, bundle) },
	{ "clean", 0, NULL, "check nothing; remove the files that hull keeps between containers",
		option_bool, offsetof(struct doctor_options, clean) },
	{ "json", 0, NULL, "print JSON", option_bool, offsetof(struct doctor_options, json) },
	{ OPTION_END },
};

const struct command doctor_command = {
	.name = "doctor",
	.summary = "check whether this host can run containers with user namespaces",
	.arguments = "[PATH...]",
	.description =
		"Checks the kernel, mounts, subordinate ID ranges, helper programs, cgroups "
		"and engines, and\n"
		"tries an ID-mapped mount of each PATH and of every file system mounted below "
		"it (default:\n"
		"the data directories of the kubelet and the engines). Prints one line for "
		"each check: what\n"
		"was found and, after ->, what to do about it. Exit status: 0 the host can, 1 "
		"it can't, 2 it\n"
		"can, with warnings.",
	.example = "  hull doctor /var/lib/kubelet /data",
	.options = options,
	.options_size = sizeof(struct doctor_options),
	.max = 1024,
	.run = doctor,
};
