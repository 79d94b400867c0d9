/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules about the meaning of a configuration. A rule is a row {pointer, function, sentence}: the
 * function checks one thing and reports each place that violates the sentence.
 */
#pragma once
#include "base/json/json.h"
#include "base/text/quote.h"
#include "spec/config.h"

struct validation;

struct rule {
	const char *pointer; /* below the table's prefix */
	void (*check)(struct validation *v);
	const char *sentence;
};

struct validation {
	struct json_violations violations;
	const char *prefix;
	const struct rule *rule;
	const struct oci_config *config;       /* NULL in the rules for process and resources */
	const struct oci_process *process;     /* the process that the rules check */
	const struct oci_resources *resources; /* likewise */
	struct buf suffix;                     /* text of the last rule_at() or rule_at_key() */
};

/* Each ends with a row without a function. */
extern const struct rule config_rules[], annotation_rules[], process_rules[], namespace_rules[],
	device_rules[], sysctl_rules[], seccomp_rules[], linux_rules[], resources_rules[];

/*
 * Reports a violation of the rule at its pointer + suffix: "SENTENCE: detail", or "SENTENCE" with
 * NO_DETAIL.
 */
#define NO_DETAIL "%s", ""
void rule_report(struct validation *v, const char *suffix, const char *detail, ...)
	__attribute__((format(printf, 3, 4), cold));

/*
 * Writes a suffix for rule_report(); rule_at_key() escapes the key of a map: "/KEY". Valid until
 * the next call.
 */
const char *rule_at(struct validation *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
const char *rule_at_key(struct validation *v, const char *key) __attribute__((cold));

/* annotations.c: the rules of the table of annotations. */
void annotations_check(struct validation *v);

/* Quotes text for a message, shortened if it is long. Returns out. */
const char *rule_cite(char out[static QUOTE_CITED], const char *text) __attribute__((cold));

/* Returns true if text is one of the NULL-terminated names. */
bool rule_is_one_of(const char *text, const char *const *names);

/* For rules that require a mapped ID: reports a violation if no line of the map contains id. */
void rule_check_mapped(
	struct validation *v, const char *suffix, uint32_t id, const oci_id_mappings *map);
