/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for `process`, both of a configuration and of `exec --process`. Rules that need the rest of
 * the configuration apply only if v->config isn't NULL.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text/bitlist.h"
#include "spec/rules/rules.h"

static const char *const rlimit_types[] = {
	"RLIMIT_AS",
	"RLIMIT_CORE",
	"RLIMIT_CPU",
	"RLIMIT_DATA",
	"RLIMIT_FSIZE",
	"RLIMIT_LOCKS",
	"RLIMIT_MEMLOCK",
	"RLIMIT_MSGQUEUE",
	"RLIMIT_NICE",
	"RLIMIT_NOFILE",
	"RLIMIT_NPROC",
	"RLIMIT_RSS",
	"RLIMIT_RTPRIO",
	"RLIMIT_RTTIME",
	"RLIMIT_SIGPENDING",
	"RLIMIT_STACK",
	NULL,
};

static const char *const policies[] = {
	"SCHED_OTHER",
	"SCHED_FIFO",
	"SCHED_RR",
	"SCHED_BATCH",
	"SCHED_ISO",
	"SCHED_IDLE",
	"SCHED_DEADLINE",
	NULL,
};

static const char *const scheduler_flags[] = {
	"SCHED_FLAG_RESET_ON_FORK",
	"SCHED_FLAG_RECLAIM",
	"SCHED_FLAG_DL_OVERRUN",
	"SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",
	"SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX",
	NULL,
};

static const char *const io_classes[] = { "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE",
	NULL };

static void args(struct validation *v)
{
	if (v->process->args.n == 0)
		rule_report(v, "", NO_DETAIL);
}

static void cwd(struct validation *v)
{
	char cited[QUOTE_CITED];

	if (v->process->cwd[0] != '/')
		rule_report(v, "", "found %s", rule_cite(cited, v->process->cwd));
}

static void env(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->process->env.n; i++) {
		const char *text = v->process->env.v[i], *equals = strchr(text, '=');

		if (equals == NULL || equals == text)
			rule_report(v, rule_at(v, "/%zu", i), "found %s", rule_cite(cited, text));
	}
}

static void console_size(struct validation *v)
{
	const struct oci_box *size = v->process->console_size;

	if (!v->process->terminal || size == NULL)
		return; /* "Runtimes MUST ignore consoleSize if terminal is false" */
	if (size->height > UINT16_MAX)
		rule_report(v, "/height", "found %" PRIu32, size->height);
	if (size->width > UINT16_MAX)
		rule_report(v, "/width", "found %" PRIu32, size->width);
}

static void no_id(struct validation *v)
{
	const struct oci_user *user = &v->process->user;

	if (user->uid == UINT32_MAX)
		rule_report(v, "/uid", NO_DETAIL);
	if (user->gid == UINT32_MAX)
		rule_report(v, "/gid", NO_DETAIL);
	for (size_t i = 0; i < user->additional_gids.n; i++)
		if (user->additional_gids.v[i] == UINT32_MAX)
			rule_report(v, rule_at(v, "/additionalGids/%zu", i), NO_DETAIL);
}

static void uid_mapped(struct validation *v)
{
	if (v->config != NULL && config_has_new_user_maps(v->config))
		rule_check_mapped(v, "", v->process->user.uid, &v->config->linux->uid_mappings);
}

static void gids_mapped(struct validation *v)
{
	const struct oci_user *user = &v->process->user;

	if (v->config == NULL || !config_has_new_user_maps(v->config))
		return;
	rule_check_mapped(v, "/gid", user->gid, &v->config->linux->gid_mappings);
	for (size_t i = 0; i < user->additional_gids.n; i++)
		rule_check_mapped(v, rule_at(v, "/additionalGids/%zu", i),
			user->additional_gids.v[i], &v->config->linux->gid_mappings);
}

static void umask_range(struct validation *v)
{
	if (v->process->user.umask.set && v->process->user.umask.value > 0777)
		rule_report(v, "", "found %" PRIu32, v->process->user.umask.value);
}

static void rlimits_known(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->process->rlimits.n; i++) {
		const char *type = v->process->rlimits.v[i].type;

		if (!rule_is_one_of(type, rlimit_types))
			rule_report(v, rule_at(v, "/%zu/type", i), "%s", rule_cite(cited, type));
	}
}

static void rlimits_once(struct validation *v)
{
	unsigned seen = 0;

	for (size_t i = 0; i < v->process->rlimits.n; i++) {
		for (size_t k = 0; rlimit_types[k] != NULL; k++) {
			if (strcmp(v->process->rlimits.v[i].type, rlimit_types[k]) != 0)
				continue;
			if (seen & 1U << k)
				rule_report(v, rule_at(v, "/%zu/type", i), "%s", rlimit_types[k]);
			seen |= 1U << k;
		}
	}
}

static void rlimits_order(struct validation *v)
{
	for (size_t i = 0; i < v->process->rlimits.n; i++) {
		const struct oci_rlimit *limit = &v->process->rlimits.v[i];

		if (limit->soft > limit->hard)
			rule_report(v, rule_at(v, "/%zu/soft", i), "%" PRIu64 " is above %" PRIu64,
				limit->soft, limit->hard);
	}
}

static void oom_score(struct validation *v)
{
	const struct opt_int32 *score = &v->process->oom_score_adj;

	if (score->set && (score->value < -1000 || score->value > 1000))
		rule_report(v, "", "found %" PRId32, score->value);
}

/* ---- scheduler ---- */

static bool policy_is(const struct validation *v, const char *first, const char *second)
{
	const char *policy = v->process->scheduler->policy;

	return strcmp(policy, first) == 0 || strcmp(policy, second) == 0;
}

static void policy_known(struct validation *v)
{
	const struct oci_scheduler *scheduler = v->process->scheduler;
	char cited[QUOTE_CITED];

	if (scheduler != NULL && !rule_is_one_of(scheduler->policy, policies))
		rule_report(v, "", "found %s", rule_cite(cited, scheduler->policy));
}

static void flags_known(struct validation *v)
{
	const struct oci_scheduler *scheduler = v->process->scheduler;
	char cited[QUOTE_CITED];

	for (size_t i = 0; scheduler != NULL && i < scheduler->flags.n; i++)
		if (!rule_is_one_of(scheduler->flags.v[i], scheduler_flags))
			rule_report(v, rule_at(v, "/%zu", i), "%s",
				rule_cite(cited, scheduler->flags.v[i]));
}

static void nice_range(struct validation *v)
{
	const struct oci_scheduler *scheduler = v->process->scheduler;

	if (scheduler != NULL && (scheduler->nice < -20 || scheduler->nice > 19))
		rule_report(v, "", "found %" PRId32, scheduler->nice);
}

static void priority_range(struct validation *v)
{
	const struct oci_scheduler *scheduler = v->process->scheduler;

	if (scheduler != NULL && policy_is(v, "SCHED_FIFO", "SCHED_RR") &&
		(scheduler->priority < 1 || scheduler->priority > 99))
		rule_report(v, "", "found %" PRId32, scheduler->priority);
}

static void priority_policy(struct validation *v)
{
	const struct oci_scheduler *scheduler = v->process->scheduler;

	if (scheduler != NULL && !policy_is(v, "SCHED_FIFO", "SCHED_RR") &&
		scheduler->priority != 0)
		rule_report(v, "", "found %" PRId32 " with %.40s", scheduler->priority,
			scheduler->policy);
}

static void deadline_policy(struct validation *v)
{
	const struct oci_scheduler *scheduler = v->process->scheduler;

	if (scheduler == NULL || policy_is(v, "SCHED_DEADLINE", "SCHED_DEADLINE"))
		return;
	if (scheduler->runtime != 0)
		rule_report(v, "/runtime", "the policy is %.40s", scheduler->policy);
	if (scheduler->deadline != 0)
		rule_report(v, "/deadline", "the policy is %.40s", scheduler->policy);
	if (scheduler->period != 0)
		rule_report(v, "/period", "the policy is %.40s", scheduler->policy);
}

static void deadline_order(struct validation *v)
{
	const struct oci_scheduler *s = v->process->scheduler;
	uint64_t period;

	if (s == NULL || !policy_is(v, "SCHED_DEADLINE", "SCHED_DEADLINE"))
		return;
	period = s->period != 0 ? s->period : s->deadline;
	if (s->runtime < 1024 || s->runtime > s->deadline || s->deadline > period ||
		period > INT64_MAX)
		rule_report(v, "", "found %" PRIu64 ", %" PRIu64 ", %" PRIu64, s->runtime,
			s->deadline, s->period);
}

/* ---- I/O priority and CPU affinity ---- */

static void io_class(struct validation *v)
{
	const struct oci_io_priority *io = v->process->io_priority;
	char cited[QUOTE_CITED];

	if (io != NULL && !rule_is_one_of(io->class, io_classes))
		rule_report(v, "", "found %s", rule_cite(cited, io->class));
}

static void io_range(struct validation *v)
{
	const struct oci_io_priority *io = v->process->io_priority;

	if (io != NULL && (io->priority < 0 || io->priority > 7))
		rule_report(v, "", "found %" PRId32, io->priority);
}

static void cpu_affinity(struct validation *v)
{
	const struct oci_exec_cpu_affinity *affinity = v->process->exec_cpu_affinity;
	char cited[QUOTE_CITED];

	if (affinity == NULL)
		return;
	if (affinity->initial != NULL && !bitlist_is_valid(affinity->initial))
		rule_report(v, "/initial", "found %s", rule_cite(cited, affinity->initial));
	if (affinity->final != NULL && !bitlist_is_valid(affinity->final))
		rule_report(v, "/final", "found %s", rule_cite(cited, affinity->final));
}

const struct rule process_rules[] = {
	{ "/args", args, "must name the program: at least one entry is required" },
	{ "/cwd", cwd, "must be an absolute path" },
	{ "/env", env, "must be NAME=value" },
	{ "/consoleSize", console_size, "a terminal can have 65535 of them (ioctl_tty(2))" },
	{ "/user", no_id, "4294967295 is not an ID: it means \"unchanged\" (setresuid(2))" },
	{ "/user/uid", uid_mapped, "must have a mapping in /linux/uidMappings" },
	{ "/user", gids_mapped, "must have a mapping in /linux/gidMappings" },
	{ "/user/umask", umask_range, "can be at most 511, which is 0777" },
	{ "/rlimits", rlimits_known, "unknown limit (getrlimit(2) has them)" },
	{ "/rlimits", rlimits_once, "a limit can be given only once" },
	{ "/rlimits", rlimits_order, "the soft limit must not be above the hard one" },
	{ "/oomScoreAdj", oom_score, "must be from -1000 to 1000 (proc(5))" },
	{ "/scheduler/policy", policy_known,
		"must be SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE or "
		"SCHED_DEADLINE" },
	{ "/scheduler/flags", flags_known, "unknown flag (sched_setattr(2) has them)" },
	{ "/scheduler/nice", nice_range, "must be from -20 to 19 (sched(7))" },
	{ "/scheduler/priority", priority_range,
		"must be from 1 to 99 with SCHED_FIFO and SCHED_RR (sched(7))" },
	{ "/scheduler/priority", priority_policy,
		"must be 0 but with SCHED_FIFO and SCHED_RR (sched(7))" },
	{ "/scheduler", deadline_policy, "needs SCHED_DEADLINE (sched(7))" },
	{ "/scheduler", deadline_order,
		"runtime, deadline and period must be 1024 ns or more and in this order "
		"(sched_setattr(2))" },
	{ "/ioPriority/class", io_class,
		"must be IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE" },
	{ "/ioPriority/priority", io_range, "must be from 0 to 7 (ioprio_set(2))" },
	{ "/execCPUAffinity", cpu_affinity, "must be a list of CPUs like 0-3,7" },
	{ 0 },
};
