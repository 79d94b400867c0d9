/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules, in one table, which also becomes the table in docs/boundary.md (auditor --table).
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kcmp.h>

#include "auditor.h"

#define BIT(n) (1U << (n))

static const struct {
	const char *name, *text;
} kinds[KINDS] = {
	[KIND_STANDARD] = { "standard",
		"the caller's standard streams, and the descriptors that it preserves for the "
		"container" },
	[KIND_SOCKET] = { "socket", "a socket" },
	[KIND_PIPE] = { "pipe", "a pipe of hull's" },
	[KIND_ANONYMOUS] = { "anonymous",
		"a signalfd, a seccomp listener and their like, a child" },
	[KIND_INSIDE] = { "inside", "a directory in the container's root" },
	[KIND_OWN_FILES] = { "own files",
		"a file of the process's own labels (`/proc/PID/attr`), a procfs of the "
		"container's" },
	[KIND_TREE] = { "tree", "a mount that is attached nowhere" },
	[KIND_TERMINAL] = { "terminal", "a terminal of the container's own devpts" },
	[KIND_DEVICE] = { "device", "a device, a terminal of the host's" },
	[KIND_FILE] = { "file", "another file of the host's" },
	[KIND_CALLERS] = { "caller's", "a pipe or a socket that the caller had open" },
	[KIND_NAMESPACE] = { "namespace", "a namespace to join" },
	[KIND_PIDFD] = { "pidfd", "another process" },
	[KIND_HOST_NAMESPACE] = { "host namespace", "a namespace of the host's" },
	[KIND_HOST_PROC] = { "host procfs", "a directory of the host's procfs" },
	[KIND_CGROUPFS] = { "cgroupfs", "a directory of the host's cgroupfs" },
	[KIND_STATE] = { "state", "the state directory" },
	[KIND_BUNDLE] = { "bundle", "the bundle" },
	[KIND_HOST_ROOT] = { "host directory", "the host's root or another of its directories" },
};

enum {
	ALL = BIT(KINDS) - 1,
	HANDED_OVER = BIT(KIND_STANDARD) | BIT(KIND_SOCKET) | BIT(KIND_PIPE) | BIT(KIND_ANONYMOUS),
	OWN = BIT(KIND_OWN_FILES) | BIT(KIND_TERMINAL),
};

static const struct {
	const char *name, *when;
	unsigned allowed; /* kinds of descriptors */
	bool non_dumpable, apart, root_inside, cwd_inside;
	const char *ids;
} phases[PHASES] = {
	[PHASE_HOST] = { "host side",
		"in no namespace that a container can have an influence on; the small mount "
		"namespace is hull's own",
		ALL, false, false, false, false, "the caller's" },
	[PHASE_UNMAPPED] = { "unmapped", "in a new user namespace that has no mapping yet", ALL,
		true, true, false, false, "the caller's" },
	[PHASE_OUTSIDE] = { "before the pivot",
		"in a namespace of the container's, the root directory isn't the "
		"container's",
		ALL, true, true, false, false, "the caller's, then root of the user namespace" },
	[PHASE_INSIDE] = { "after the pivot",
		"the root directory is the container's; what is looked up there is looked up "
		"by openat2(2) with RESOLVE_IN_ROOT",
		ALL, true, true, true, false, "mapped" },
	[PHASE_WAITING] = { "waiting", "the same, and waits for `start`",
		HANDED_OVER | OWN | BIT(KIND_FILE), true, true, true, true, "mapped" },
	[PHASE_LOOKUP] = { "look-up, execve",
		"the same, and the container's program, or a path without RESOLVE_IN_ROOT, is "
		"looked up or executed",
		HANDED_OVER | OWN | BIT(KIND_INSIDE), true, true, true, true,
		"those of the configuration, at execve" },
	[PHASE_PROGRAM] = { "the program",
		"the container's program, before its first "
		"instruction",
		BIT(KIND_STANDARD), false, true, true, true, "those of the configuration" },
};

static const struct {
	const char *name, *text;
} rules[RULES] = {
	[RULE_DUMPABLE] = { "dumpable",
		"a process in a namespace of a container's is non-dumpable, from its first "
		"instruction on and again after every change of IDs" },
	[RULE_SHARING] = { "sharing",
		"it shares neither memory nor descriptors with a process outside of that "
		"namespace" },
	[RULE_DESCRIPTORS] = { "descriptors", "it has only the descriptors of the table" },
	[RULE_WHEREABOUTS] = { "whereabouts",
		"behind the pivot its root directory is the container's, and its working "
		"directory lies there before anything of the container's is looked up" },
	[RULE_PATHS] = { "paths",
		"before the pivot nothing is looked up in a container's tree but by openat2(2) "
		"with RESOLVE_IN_ROOT, or as a single name that isn't followed" },
	[RULE_CREDENTIALS] = { "credentials",
		"it touches the container's files with mapped IDs, and executes its program "
		"with those of the configuration" },
	[RULE_NUMBERS] = { "numbers",
		"what was read of a process by its number is used only after its pidfd was "
		"asked; no signal goes to a number" },
	[RULE_OWNERS] = { "owners", "files are given to whom the configuration names" },
};

/* ---- findings ---- */

enum { FINDINGS_MAX = 200, FINDINGS_SHOWN = 12 };
static struct {
	struct {
		enum rule rule;
		int times;
		char text[6 * TEXT_MAX], key[TEXT_MAX];
	} found[FINDINGS_MAX];
	int n;
	unsigned seen;
	long stops[PHASES];
} audit;

__attribute__((format(printf, 5, 6))) static void finding(const struct process *p, enum phase phase,
	const struct call *call, enum rule rule, const char *format, ...)
{
	char what[TEXT_MAX], key[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(key, sizeof key, "%d %d %.80s %.100s", rule, phase, p->role, what);
	for (int i = 0; i < audit.n; i++)
		if (strcmp(audit.found[i].key, key) == 0) {
			audit.found[i].times++;
			return;
		}
	if (audit.n == FINDINGS_MAX)
		return;
	audit.found[audit.n].rule = rule;
	audit.found[audit.n].times = 1;
	memcpy(audit.found[audit.n].key, key, sizeof audit.found->key);
	snprintf(audit.found[audit.n].text, sizeof audit.found->text,
		"%s: %s (%d), %s, after the step \"%s\", at %s: %s", rules[rule].name, p->role,
		p->pid, phases[phase].name, p->step, call != NULL ? call_text(call) : "execve",
		what);
	audit.n++;
}

/* ---- the rules ---- */

static void check_descriptors(const struct process *p, const struct call *call, enum phase phase)
{
	char name[32], text[TEXT_MAX];
	const struct dirent *entry;
	DIR *dir;

	if (phases[phase].allowed == ALL)
		return;
	snprintf(text, sizeof text, "/proc/%d/fd", p->pid);
	dir = opendir(text);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		enum kind kind;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "fd/%.20s", entry->d_name);
		kind = classify(p->pid, name, text);
		if (!(phases[phase].allowed & BIT(kind)))
			finding(p, phase, call, RULE_DESCRIPTORS, "descriptor %s is %s: %.100s",
				entry->d_name, kinds[kind].text, text);
	}
	if (dir != NULL)
		closedir(dir);
}

static bool makes_non_dumpable(const struct call *call)
{
	return call->nr == SYS_prctl && call->args[0] == PR_SET_DUMPABLE && call->args[1] == 0;
}

/*
 * An unprivileged caller can't write the map of a non-dumpable process. So its process may stay
 * dumpable until it is mapped; it has no privileges yet that the caller lacks. It must hide before
 * it touches a file or changes its IDs.
 */
static bool may_be_dumpable(const struct process *p, const struct call *call, enum phase phase)
{
	if (p->ids_changed)
		return makes_non_dumpable(call) || call->nr == SYS_setgroups ||
			(call->info != NULL && call->info->flags & CALL_CHANGES_IDS);
	if (options.user == 0 || p->hidden || phase > PHASE_OUTSIDE)
		return false;
	return !call->has_path && (call->info == NULL || !(call->info->flags & CALL_CHANGES_IDS));
}

static void check_dumpable(struct process *p, const struct call *call, enum phase phase)
{
	long dumpable = inject_prctl(p, PR_GET_DUMPABLE, 0);

	/*
	 * The caller must be able to enter a container that waits for start. At that point nothing
	 * of the host may be open.
	 */
	if (call->nr == SYS_prctl && call->args[0] == PR_SET_DUMPABLE && call->args[1] == 1)
		p->shown = options.user != 0 && phase >= PHASE_INSIDE;
	if (dumpable == 0) {
		p->hidden = true;
		p->ids_changed = false;
	} else if (dumpable == 1 && p->shown && phase >= PHASE_INSIDE) {
		check_descriptors(p, call, PHASE_WAITING);
	} else if (dumpable == 1 && !may_be_dumpable(p, call, phase)) {
		finding(p, phase, call, RULE_DUMPABLE, "the process is dumpable");
	}
}

static bool shares(pid_t a, pid_t b, int what)
{
	return syscall(SYS_kcmp, a, b, what, 0, 0) == 0;
}

static void check_sharing(
	const struct process *p, const struct call *call, const struct facts *facts)
{
	for (int i = 0; i < nprocesses; i++) {
		const struct process *other = &processes[i];
		struct facts theirs;
		bool memory, files;

		if (other == p || other->foreign)
			continue;
		memory = shares(p->pid, other->pid, KCMP_VM);
		files = shares(p->pid, other->pid, KCMP_FILES);
		if (!memory && !files)
			continue;
		look(other, &theirs);
		if (theirs.container_side && theirs.in_userns == facts->in_userns &&
			theirs.root == facts->root)
			continue;
		finding(p, facts->phase, call, RULE_SHARING, "shares its %s with %s (%s)",
			memory && files  ? "memory and descriptors"
				: memory ? "memory"
					 : "descriptors",
			other->role, phases[theirs.phase].name);
	}
}

static void check_whereabouts(const struct process *p, const struct call *call,
	const struct facts *facts, enum phase phase)
{
	if (phases[phase].root_inside && facts->root != KIND_INSIDE)
		finding(p, phase, call, RULE_WHEREABOUTS, "its root directory is %s",
			kinds[facts->root].text);
	if (phases[phase].cwd_inside && facts->cwd != KIND_INSIDE)
		finding(p, phase, call, RULE_WHEREABOUTS, "its working directory is %s",
			kinds[facts->cwd].text);
}

/* ---- credentials ---- */

static bool is_mapped(const struct process *p, const char *map, unsigned long id)
{
	unsigned long inside, outside, size;
	char path[64];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/%s", p->pid, map);
	file = fopen(path, "re");
	while (file != NULL && !found &&
		fscanf(file,
			"%lu %lu "
			"%lu",
			&inside, &outside, &size) == 3)
		found = id >= outside && id - outside < size;
	if (file != NULL)
		fclose(file);
	return found;
}

static void check_mapped_ids(
	const struct process *p, const struct call *call, const struct facts *facts)
{
	static const char *const names[][2] = { { "Uid", "uid_map" }, { "Gid", "gid_map" } };
	char text[TEXT_MAX], *rest;

	if (!facts->in_userns || facts->phase < PHASE_INSIDE || !call_looks_up(call))
		return;
	for (int i = 0; i < 2; i++) {
		if (!status_line(p->pid, names[i][0], text))
			continue;
		for (char *word = strtok_r(text, "\t ", &rest); word != NULL;
			word = strtok_r(NULL, "\t ", &rest))
			if (!is_mapped(p, names[i][1], strtoul(word, NULL, 10)))
				finding(p, facts->phase, call, RULE_CREDENTIALS,
					"%s %s of the host isn't mapped in the container",
					names[i][0], word);
	}
}

static bool all_words_are(char *text, const char *wanted)
{
	char *rest;

	for (char *word = strtok_r(text, "\t ", &rest); word != NULL;
		word = strtok_r(NULL, "\t ", &rest))
		if (strcmp(word, wanted) != 0)
			return false;
	return true;
}

/* options.expect: NAME=VALUE,... of proc_pid_status(5) */
static void check_expected(const struct process *p, const struct call *call, enum phase phase)
{
	char wanted[2 * TEXT_MAX], text[TEXT_MAX], said[TEXT_MAX], *rest, *value;

	if (options.expect == NULL)
		return;
	snprintf(wanted, sizeof wanted, "%s", options.expect);
	for (char *name = strtok_r(wanted, ",", &rest); name != NULL;
		name = strtok_r(NULL, ",", &rest)) {
		value = strchr(name, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		if (!status_line(p->pid, name, text))
			continue;
		memcpy(said, text, sizeof said);
		if (!all_words_are(text, value))
			finding(p, phase, call, RULE_CREDENTIALS,
				"%s is %.60s, expected "
				"%s",
				name, said, value);
	}
}

/* ---- processes by number ---- */

/*
 * Returns the container's process that a path in the host's procfs names by its number; 0 if there
 * is none. Ignores stat, because hull identifies a process by its start time; and other processes,
 * such as those whose namespaces are joined, because the configuration names them.
 */
static pid_t named_process(const struct process *p, const struct call *call, enum kind base)
{
	const char *path = call->path;
	char *end;
	long number;

	if (path[0] == '/') {
		if (strncmp(path, "/proc/", 6) != 0)
			return 0;
		path += 6;
	} else if (base != KIND_HOST_PROC) {
		return 0;
	}
	number = strtol(path, &end, 10);
	if (end == path || *end != '/' || strcmp(end, "/stat") == 0 ||
		!is_of_container((pid_t)number) || parent_of((pid_t)number) == p->pid)
		return 0;
	return (pid_t)number;
}

static void forget(struct process *p, pid_t number)
{
	for (int i = 0; i < p->npending; i++)
		if (p->pending[i] == number)
			p->pending[i--] = p->pending[--p->npending];
}

static void note_numbers(struct process *p, const struct call *call, enum kind base)
{
	pid_t number = call->has_path ? named_process(p, call, base) : 0;

	if (number > 0) {
		forget(p, number);
		if (p->npending < PENDING_MAX)
			p->pending[p->npending++] = number;
	}
	if (call->nr == SYS_pidfd_send_signal || call->nr == SYS_ioctl)
		forget(p, pidfd_target(p->pid, (int)call->args[0]));
	if (call->nr == SYS_waitid)
		forget(p, pidfd_target(p->pid, (int)call->args[1]));
}

static void check_numbers(struct process *p, const struct call *call, enum phase phase)
{
	pid_t number = (pid_t)call->args[0];

	if (call->info == NULL)
		return;
	if (call->info->flags & CALL_USES)
		while (p->npending > 0)
			finding(p, phase, call, RULE_NUMBERS,
				"process %d was looked at by its number, and its pidfd not "
				"asked since",
				p->pending[--p->npending]);
	if (call->info->flags & CALL_BY_NUMBER && number > 0 && phase == PHASE_HOST &&
		number != p->pid && parent_of(number) != p->pid)
		finding(p, phase, call, RULE_NUMBERS, "names process %d by its number", number);
}

static void check_owners(const struct process *p, const struct call *call, enum phase phase)
{
	unsigned owner = (unsigned)call->args[call->nr == SYS_fchownat ? 2 : 1];
	char number[16];

	if (options.owners == NULL || phase != PHASE_HOST || call->info == NULL ||
		!(call->info->flags & CALL_OWNS) || owner == (unsigned)-1)
		return;
	snprintf(number, sizeof number, ",%u,", owner);
	if (strstr(options.owners, number) == NULL)
		finding(p, phase, call, RULE_OWNERS,
			"a file is given to user %u, whom the configuration doesn't name", owner);
}

/* ---- a stop ---- */

static enum kind base_of(
	const struct process *p, const struct call *call, const struct facts *facts)
{
	char name[32], text[TEXT_MAX];
	int dir = call->info->dir < 0 ? AT_FDCWD : (int)call->args[call->info->dir];

	if (call->path[0] == '/')
		return facts->container_side ? facts->root : KIND_HOST_ROOT;
	if (dir == AT_FDCWD && facts->container_side)
		return facts->cwd;
	snprintf(name, sizeof name, dir == AT_FDCWD ? "cwd" : "fd/%d", dir);
	return classify(p->pid, name, text);
}

static bool is_program(const struct call *call)
{
	const char *base = strrchr(call->path, '/');

	return options.program != NULL && call->has_path &&
		strcmp(base != NULL ? base + 1 : call->path, options.program) == 0;
}

static enum phase phase_of(
	const struct process *p, const struct call *call, const struct facts *facts, enum kind base)
{
	bool in_tree = call_looks_up(call) && (base == KIND_INSIDE || base == KIND_TREE);
	unsigned flags = call->info != NULL ? call->info->flags : 0;

	if (in_tree && facts->phase < PHASE_INSIDE && !call_is_guarded(p->pid, call))
		finding(p, facts->phase, call, RULE_PATHS, "links in it may lead anywhere");
	if (facts->phase != PHASE_INSIDE)
		return facts->phase;
	if (flags & CALL_WAITS)
		return PHASE_WAITING;
	if (flags & CALL_EXECUTES || is_program(call) ||
		(in_tree && !call_is_guarded(p->pid, call)))
		return PHASE_LOOKUP;
	return PHASE_INSIDE;
}

void check_entry(struct process *p, const struct call *call)
{
	struct facts facts;
	enum kind base = KIND_HOST_ROOT;
	enum phase phase;

	look(p, &facts);
	if (call->has_path)
		base = base_of(p, call, &facts);
	phase = phase_of(p, call, &facts, base);
	audit.seen |= BIT(phase);
	audit.stops[phase]++;
	note_numbers(p, call, base);
	check_numbers(p, call, phase);
	check_owners(p, call, phase);
	if (!facts.container_side)
		return;
	check_dumpable(p, call, phase);
	check_sharing(p, call, &facts);
	check_descriptors(p, call, phase);
	check_whereabouts(p, call, &facts, phase);
	check_mapped_ids(p, call, &facts);
	if (phase == PHASE_LOOKUP && call->info->flags & CALL_EXECUTES && is_program(call))
		check_expected(p, call, phase);
}

/*
 * A program other than hull was executed: the container's or, if the caller configured one, a
 * hook's.
 */
void check_executed(struct process *p)
{
	struct facts facts;

	look(p, &facts);
	if (facts.phase != PHASE_INSIDE)
		return;
	audit.seen |= BIT(PHASE_PROGRAM);
	audit.stops[PHASE_PROGRAM]++;
	check_sharing(p, NULL, &facts);
	check_descriptors(p, NULL, PHASE_PROGRAM);
	check_whereabouts(p, NULL, &facts, PHASE_PROGRAM);
}

/* ---- the end ---- */

static void print_stops(void)
{
	printf("  ok    %s:", options.name);
	for (int i = 0; i < PHASES; i++)
		if (audit.stops[i] > 0)
			printf(" %s %ld,", phases[i].name, audit.stops[i]);
	printf(" %d processes\n", nprocesses);
}

bool all_ends_seen(void)
{
	return (options.wanted & ~audit.seen & (BIT(PHASE_WAITING) | BIT(PHASE_PROGRAM))) == 0;
}

int conclude(int status)
{
	unsigned failed = 0;
	int bad = 0;

	for (int i = 0; i < audit.n; i++) {
		failed |= BIT(audit.found[i].rule);
		if (i < FINDINGS_SHOWN)
			printf("  FAIL  %s: %s%s\n", options.name, audit.found[i].text,
				audit.found[i].times > 1 ? " (and again)" : "");
	}
	if (audit.n > FINDINGS_SHOWN)
		printf("        ... and %d more\n", audit.n - FINDINGS_SHOWN);
	for (int i = 0; i < PHASES; i++)
		if (options.wanted & BIT(i) && !(audit.seen & BIT(i))) {
			printf("  FAIL  %s: no stop in the phase \"%s\"\n", options.name,
				phases[i].name);
			bad = 1;
		}
	if (status != 0 && !options.may_fail) {
		printf("  FAIL  %s: hull ended with status %d\n", options.name, status);
		bad = 1;
	}
	for (int i = 0; i < RULES; i++)
		bad += !!(failed & BIT(i));
	if (bad == 0)
		print_stops();
	printf("%d passed, %d failed\n", bad > RULES ? 0 : RULES - bad, bad);
	return bad > 0;
}

/* ---- the table ---- */

void print_table(void)
{
	printf("| phase | the process is | IDs |\n| --- | --- | --- |\n");
	for (int i = 0; i < PHASES; i++)
		printf("| %s | %s | %s |\n", phases[i].name, phases[i].when, phases[i].ids);
	printf("\n| |");
	for (int i = 0; i < PHASES; i++)
		printf(" %s |", phases[i].name);
	printf("\n| --- |");
	for (int i = 0; i < PHASES; i++)
		printf(" :-: |");
	printf("\n| non-dumpable |");
	for (int i = 0; i < PHASES; i++)
		printf(" %s |", phases[i].non_dumpable ? "must" : "");
	printf("\n| memory and descriptors apart from the host side |");
	for (int i = 0; i < PHASES; i++)
		printf(" %s |", phases[i].apart ? "must" : "");
	printf("\n| root directory in the container's root |");
	for (int i = 0; i < PHASES; i++)
		printf(" %s |", phases[i].root_inside ? "must" : "");
	printf("\n| working directory in the container's root |");
	for (int i = 0; i < PHASES; i++)
		printf(" %s |", phases[i].cwd_inside ? "must" : "");
	for (int k = 0; k < KINDS; k++) {
		printf("\n| %s |", kinds[k].text);
		for (int i = 0; i < PHASES; i++)
			printf(" %s |", phases[i].allowed & BIT(k) ? "may" : "**no**");
	}
	printf("\n\n| rule | what the auditor wants |\n| --- | --- |\n");
	for (int i = 0; i < RULES; i++)
		printf("| %s | %s |\n", rules[i].name, rules[i].text);
}
