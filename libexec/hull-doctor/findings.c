/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Collects the results of the checks, and prints them for people and for programs.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"

void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice,
	const char *found, ...)
{
	struct findings *f = &d->findings;
	char text[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, found);
	vsnprintf(text, sizeof text, found, ap);
	va_end(ap);
	*LIST_ADD(&f->arena, f) = (struct finding){ arena_strdup(&f->arena, check), verdict,
		arena_strdup(&f->arena, text),
		advice != NULL ? arena_strdup(&f->arena, advice) : NULL };
}

/* An error's hint follows its first "; ". Many errors begin with what was checked: omit that. */
void doctor_report_error(
	struct doctor *d, enum verdict verdict, const char *check, const struct error *err)
{
	const char *text = err->text, *hint = strstr(text, "; ");
	size_t len = strlen(check);

	if (strncmp(text, check, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	doctor_report(d, verdict, check, hint != NULL ? hint + 2 : NULL, "%.*s",
		(int)(hint != NULL ? hint - text : ERROR_TEXT_MAX), text);
}

enum verdict findings_verdict(const struct findings *findings)
{
	enum verdict worst = VERDICT_OK;

	for (size_t i = 0; i < findings->n; i++)
		worst = findings->v[i].verdict > worst ? findings->v[i].verdict : worst;
	return worst;
}

static const struct {
	const char *mark, *word;
} verdicts[] = {
	[VERDICT_OK] = { "✔", "ok" },
	[VERDICT_WARNING] = { "!", "warning" },
	[VERDICT_BAD] = { "✘", "bad" },
};

void findings_text(struct buf *out, const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->v[i];

		buf_printf(out, "%s %s: %s", verdicts[f->verdict].mark, f->check, f->found);
		buf_printf(out, f->advice ? " -> %s\n" : "\n", f->advice);
	}
}

void findings_json(struct buf *out, const struct findings *findings)
{
	struct json_writer *w = json_writer_new(2);

	json_map_open(w);
	json_member_string(w, "verdict", verdicts[findings_verdict(findings)].word);
	json_key(w, "checks");
	json_array_open(w);
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->v[i];

		json_map_open(w);
		json_member_string(w, "check", f->check);
		json_member_string(w, "verdict", verdicts[f->verdict].word);
		json_member_string(w, "found", f->found);
		json_member_string(w, "advice", f->advice);
		json_map_close(w);
	}
	json_array_close(w);
	json_map_close(w);
	json_writer_finish(w, out);
	buf_puts(out, "\n");
}
