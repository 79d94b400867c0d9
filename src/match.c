/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands for every container whose ID matches a regular expression.
 */
#include <regex.h>

#include "base/list.h"
#include "base/log.h"
#include "command.h"

struct matches {
	const regex_t *regex;
	struct arena *arena;
	string_list ids;
};

static int add_match(
	void *context, const struct container_state *state, const struct error *problem)
{
	struct matches *m = context;

	(void)problem; /* a container has an ID even if its state can't be read */
	if (regexec(m->regex, state->id, 0, NULL, 0) != 0)
		return 0;
	*LIST_ADD(m->arena, &m->ids) = arena_strdup(m->arena, state->id);
	return 0;
}

static int find_matches(
	const struct call *call, const char *pattern, string_list *ids, struct error *err)
{
	regex_t regex;
	struct matches m = { &regex, call->arena, { 0 } };
	int code = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

	if (code != 0) {
		char why[128];

		regerror(code, &regex, why, sizeof why);
		return error_set(err, 0, "regular expression \"%s\": %s", pattern, why);
	}
	code = container_list(call->rt, add_match, &m, err);
	regfree(&regex);
	*ids = m.ids;
	return code;
}

int match_each(const struct call *call, bool regex, const char *name,
	int (*act)(const struct call *call, const char *id, struct error *err), struct error *err)
{
	string_list ids = { 0 };
	bool failed = false;

	if (!regex)
		return act(call, name, err);
	if (find_matches(call, name, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		struct error one = { 0 };

		if (act(call, ids.v[i], &one) == 0)
			continue;
		if (failed)
			log_error("%s", err->text);
		error_prefix(&one, "%s", ids.v[i]);
		*err = one;
		failed = true;
	}
	return failed ? -1 : 0;
}
