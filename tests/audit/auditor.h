/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The auditor follows every process of hull with ptrace(2), stops it at each of its system calls,
 * and compares what the kernel says of it with the rules of the trust boundary (rules.c).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { NAMESPACES = 8, PROCESSES_MAX = 256, PENDING_MAX = 16, TEXT_MAX = 256 };

/* ---- phases ---- */

enum phase {
	PHASE_HOST,
	PHASE_UNMAPPED,
	PHASE_OUTSIDE,
	PHASE_INSIDE,
	PHASE_WAITING,
	PHASE_LOOKUP,
	PHASE_PROGRAM,
	PHASES
};

/* ---- kinds of descriptors ---- */

enum kind {
	KIND_STANDARD,
	KIND_SOCKET,
	KIND_PIPE,
	KIND_ANONYMOUS,
	KIND_INSIDE,
	KIND_OWN_FILES,
	KIND_TREE,
	KIND_TERMINAL,
	KIND_DEVICE,
	KIND_FILE,
	KIND_CALLERS,
	KIND_NAMESPACE,
	KIND_PIDFD,
	KIND_HOST_NAMESPACE,
	KIND_HOST_PROC,
	KIND_CGROUPFS,
	KIND_STATE,
	KIND_BUNDLE,
	KIND_HOST_ROOT,
	KINDS
};

enum rule {
	RULE_DUMPABLE,
	RULE_SHARING,
	RULE_DESCRIPTORS,
	RULE_WHEREABOUTS,
	RULE_PATHS,
	RULE_CREDENTIALS,
	RULE_NUMBERS,
	RULE_OWNERS,
	RULES
};

/* ---- what the command line says ---- */

struct options {
	const char *name, *rootfs, *bundle, *state, *program, *expect, *owners, *fake, *hull;
	uid_t user;         /* hull runs as */
	unsigned preserved; /* descriptors from 3 on that the container is given */
	bool suid_dumpable; /* as with the sysctl fs.suid_dumpable=1 */
	bool verbose, may_fail;
	unsigned wanted; /* a bit for each phase that must have been seen */
};
extern struct options options;

/* ---- a process of hull's ---- */

struct identity {
	dev_t dev;
	ino_t ino;
};

struct process {
	pid_t pid;
	bool foreign;     /* executes another program by now, or is let go */
	bool early;       /* stopped before its parent said that it is there */
	bool in_call;     /* the next system call stop is an exit */
	bool hidden;      /* was seen non-dumpable */
	bool shown;       /* has made itself dumpable: in a container of an unprivileged caller */
	bool ids_changed; /* its IDs changed, and it has not been made non-dumpable since */
	long emulated;    /* PR_GET_DUMPABLE before a change of IDs, or -1 */
	bool faked;       /* the result of this call is to be replaced by fake_result */
	long fake_result;
	pid_t parent;               /* is held until this one has made a call */
	pid_t pending[PENDING_MAX]; /* read by number, pidfd not asked again */
	int npending;
	char role[TEXT_MAX], step[TEXT_MAX], program[TEXT_MAX];
};

extern struct process processes[PROCESSES_MAX];
extern int nprocesses;

/* ---- one stop ---- */

struct call {
	long nr;
	unsigned long long args[6];
	const struct call_info *info; /* NULL: not in the table */
	char path[TEXT_MAX];
	bool has_path;
};

struct facts {
	struct identity namespaces[NAMESPACES];
	bool container_side, in_userns, mapped;
	enum kind root, cwd;
	enum phase phase;
};

/* calls.c: what a system call is about. */
struct call_info {
	long nr;
	const char *name;
	int dir, path; /* which arguments; -1: none. dir < 0 with a path: the working directory */
	unsigned flags;
};
enum {
	CALL_NO_FOLLOW = 1, /* never follows a last component that is a link */
	CALL_EXECUTES = 2,
	CALL_WAITS = 4,
	CALL_CHANGES_IDS = 8, /* may make the process dumpable: fs.suid_dumpable */
	CALL_BY_NUMBER = 16,  /* argument 0 is a process, by its number */
	CALL_USES = 32,       /* what was read of processes before is used here */
	CALL_OWNS = 64,       /* gives a file away */
};
void call_read(pid_t pid, struct call *call);
const char *call_text(const struct call *call);
bool call_looks_up(const struct call *call);
bool call_is_guarded(pid_t pid, const struct call *call);
size_t read_memory(pid_t pid, unsigned long long address, void *to, size_t size);

/* look.c: what the kernel says of a process. */
void look_begin(void);
void look_at_container(pid_t pid);
bool is_of_container(pid_t pid);
void look(const struct process *p, struct facts *facts);
bool is_hull(pid_t pid);
enum kind classify(pid_t pid, const char *name, char text[TEXT_MAX]);
pid_t pidfd_target(pid_t pid, int fd);
pid_t parent_of(pid_t pid);
bool status_line(pid_t pid, const char *name, char text[TEXT_MAX]);

/* tracer.c: a system call in the name of a stopped process. LONG_MIN: it has ended. */
long inject_prctl(struct process *p, int option, unsigned long value);

/* rules.c */
void check_entry(struct process *p, const struct call *call);
void check_executed(struct process *p);
void check_pending(struct process *p, const struct call *call);
bool all_ends_seen(void);
int conclude(int status);
void print_table(void);
