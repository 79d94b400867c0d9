/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull doctor
 */
#include "container/doctor/doctor.h"

#include "command.h"
#include "common_options.h"

struct doctor_command_options {
	const char *bundle;
	bool json;
};

enum { EXIT_CAN = 0, EXIT_CANNOT = 1, EXIT_WARNINGS = 2 };

static const struct {
	const char *mark, *word;
} verdicts[] = {
	[VERDICT_OK] = { "✔", "ok" },
	[VERDICT_WARNING] = { "!", "warning" },
	[VERDICT_BAD] = { "✘", "bad" },
};

static void lines_text(struct buf *out, const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->v[i];

		buf_printf(out, "%s %s: %s", verdicts[f->verdict].mark, f->check, f->found);
		buf_printf(out, f->advice ? " -> %s\n" : "\n", f->advice);
	}
}

static void json_text(struct buf *out, const struct findings *findings)
{
	struct json_writer *w = json_writer_new(2);

	json_map_open(w);
	json_key(w, "verdict");
	json_string(w, verdicts[findings_verdict(findings)].word);
	json_key(w, "checks");
	json_array_open(w);
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->v[i];

		json_map_open(w);
		json_key(w, "check");
		json_string(w, f->check);
		json_key(w, "verdict");
		json_string(w, verdicts[f->verdict].word);
		json_key(w, "found");
		json_string(w, f->found);
		json_key(w, "advice");
		json_string(w, f->advice);
		json_map_close(w);
	}
	json_array_close(w);
	json_map_close(w);
	json_writer_finish(w, out);
	buf_puts(out, "\n");
}

static int doctor(const struct call *call, struct error *err)
{
	const struct doctor_command_options *o = call->options;
	struct doctor_options options = { .paths = { (const char **)call->args, call->n },
		.bundle = o->bundle };
	cleanup_findings struct findings findings = { 0 };
	cleanup_buf struct buf out = { 0 };
	enum verdict verdict;

	if (container_doctor(call->rt, &options, &findings, err) < 0)
		return -1;
	if (o->json)
		json_text(&out, &findings);
	else
		lines_text(&out, &findings);
	if (print(&out, err) < 0)
		return -1;
	verdict = findings_verdict(&findings);
	return verdict == VERDICT_BAD        ? EXIT_CANNOT
		: verdict == VERDICT_WARNING ? EXIT_WARNINGS
					     : EXIT_CAN;
}

static const struct option options[] = {
	{ "bundle", 'b', "DIR", "check the configuration of this bundle as well", option_string,
		offsetof(struct doctor_command_options, bundle) },
	{ "json", 0, NULL, "as JSON", option_bool, offsetof(struct doctor_command_options, json) },
	{ OPTION_END },
};

const struct command doctor_command = {
	.name = "doctor",
	.summary = "check whether this host can run containers with user namespaces",
	.arguments = "[PATH...]",
	.description =
		"Looks at the kernel, the ranges of subordinate IDs, the helper programs and the engines,\n"
		"and tries an ID-mapped mount of each PATH and of every file system mounted below it\n"
		"(without a PATH: of the directories of the kubelet and the engines that are there). One\n"
		"line a check: what was found, and behind -> what to do. Exit status: 0 this host can,\n"
		"1 it can't, 2 it can, with warnings.",
	.example = "  hull doctor /var/lib/kubelet /data",
	.options = options,
	.options_size = sizeof(struct doctor_command_options),
	.max = 1024,
	.run = doctor,
};
