/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules about the meaning of a configuration. A rule is a row {pointer, function, sentence}: the
 * function looks at one thing and reports each place that breaks the sentence.
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
	const struct oci_process *process;     /* the one that the rules for process are about */
	const struct oci_resources *resources; /* likewise */
	struct buf suffix;                     /* what at() wrote last */
};

/* Each ends with a row without a function. */
extern const struct rule config_rules[], annotation_rules[], process_rules[], namespace_rules[],
	device_rules[], sysctl_rules[], seccomp_rules[], linux_rules[], resources_rules[];

/* Reports a violation of the rule at its pointer + suffix: "SENTENCE: detail", or "SENTENCE" with
 * NO_DETAIL. */
#define NO_DETAIL "%s", ""
void report(struct validation *v, const char *suffix, const char *detail, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Writes a suffix for report(); at_key() escapes the key of a map: "/KEY". Valid until the next
 * call. */
const char *at(struct validation *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
const char *at_key(struct validation *v, const char *key) __attribute__((cold));

/* annotations.c: the rules of the table of annotations. */
void annotations_check(struct validation *v);

/* Quotes text for a message, shortened if it is long. Returns out. */
const char *cite(char out[static QUOTE_CITED], const char *text) __attribute__((cold));

/* True if one of the NULL-terminated names is text. */
bool is_one_of(const char *text, const char *const *names);

/* True if text is a list as the kernel prints CPUs and memory nodes: "0-3,7". An empty one counts.
 */
bool is_number_list(const char *text);

bool has_namespace(const struct oci_config *config, enum oci_namespace_type type);

/* True if the namespace is to be made, not joined by a path. */
bool has_new_namespace(const struct oci_config *config, enum oci_namespace_type type);

/* True if the configuration asks for a user namespace that is to be made, with maps. */
bool has_new_user_maps(const struct oci_config *config);

/* The rule's sentence is that id must be mapped: reports it if no line of the map has it. */
void check_mapped(
	struct validation *v, const char *suffix, uint32_t id, const oci_id_mappings *map);
