/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CRIU(8), which dumps the processes of a container to files and restores them: `criu swrk FD`, a
 * separate program at the other end of a socket. Its RPC is protobuf (rpc.proto). The few messages
 * that hull uses are encoded and decoded by tables here, so hull needs no library and works with
 * any version of CRIU.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json/json.h"
#include "spec/config.h"

struct buf;
struct error;

enum criu_request {
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_PRE_DUMP = 4,
	CRIU_NOTIFY = 6,
	CRIU_FEATURES = 9,
	CRIU_VERSION = 10
};
enum criu_cgroups {
	CRIU_CGROUPS_IGNORE = 0,
	CRIU_CGROUPS_SOFT = 3,
	CRIU_CGROUPS_FULL = 4,
	CRIU_CGROUPS_STRICT = 5
};
enum { CRIU_LOG_DEBUG = 4 };

/* A descriptor to use instead of the resource with this name in the images. */
struct criu_inherited {
	const char *key;
	int32_t fd;
};

/* For cgroup roots: controller (NULL: v2) and path; for namespaces to join: type and file. */
struct criu_pair {
	const char *first, *second;
};
typedef LIST(struct criu_pair) criu_pairs;

struct criu_page_server {
	const char *address;
	int32_t port;
};

/* Options of a request. Members that are 0, false, NULL or empty are omitted. */
struct criu_options {
	int32_t images_fd, work_fd, pid, log_level;
	bool leave_running, ext_unix_sk, tcp_established, tcp_close, tcp_skip_in_flight,
		evasive_devices, shell_job, file_locks, notify_scripts, track_mem, auto_dedup,
		link_remap, manage_cgroups, restore_sibling, lazy_pages, orphan_pts_master;
	uint32_t empty_namespaces; /* CLONE_NEW... */
	uint32_t network_lock;     /* 1: iptables, 2: nftables, 3: skip */
	struct opt_uint32 cgroups_mode;
	struct opt_int32 status_fd;
	const char *log_file, *root, *parent_images, *freeze_cgroup, *config_file, *lsm_profile,
		*lsm_mount_context;
	struct criu_page_server page_server;
	string_list external, dumped_controllers;
	LIST(struct criu_inherited) inherited;
	criu_pairs cgroup_roots, joined_namespaces;
};

enum { CRIU_SCRIPT_MAX = 64, CRIU_MESSAGE_MAX = 512, CRIU_ANSWER_MAX = 64 << 10 };

struct criu_answer {
	int32_t type; /* enum criu_request */
	bool success;
	bool vetoed;      /* notify() refused; not part of the message */
	int32_t restored; /* PID of the first process */
	int32_t notified; /* CRIU_NOTIFY: PID of the first process */
	char script[CRIU_SCRIPT_MAX];
	int32_t error;
	char message[CRIU_MESSAGE_MAX]; /* the first error that CRIU reported, often not fatal */
	bool mem_track, lazy_pages;     /* CRIU_FEATURES */
	int32_t major, minor, sublevel; /* CRIU_VERSION */
};

/* Appends a request; options may be NULL. The caller limits the lengths of strings. */
void criu_encode(struct buf *out, enum criu_request request, const struct criu_options *options);

/* Appends the answer to a notification. */
void criu_encode_notified(struct buf *out, bool success);

/* Parses a message of CRIU. Ignores unknown fields. Returns 0, or -1 if it is malformed. */
int criu_decode(const void *data, size_t len, struct criu_answer *answer);

/*
 * In a child: becomes CRIU, in its own process group, with `sock` as its connection. Keeps the
 * descriptors keep[] at their numbers and closes all others from 3. Returns only on error, with -1.
 */
int criu_execute(int sock, const int *keep, size_t n, struct error *err);

/*
 * Called at each stage that CRIU reports (options' notify_scripts). fd: at "orphan-pts-master" the
 * terminal's master, which the callee owns; else -1. If it returns -1, CRIU undoes everything.
 */
typedef int criu_notify(void *context, const char *script, pid_t pid, int fd, struct error *err);

/* A running CRIU, a child of this process. */
struct criu_session {
	int sock;    /* connection to CRIU */
	int pidfd;   /* CRIU's; its children may keep the socket open */
	pid_t pid;   /* of CRIU and its process group */
	int signals; /* signalfd: a signal aborts the request */
	int log_directory;
	const char *log_file; /* grows while CRIU works; NULL: none yet */
	bool patient;         /* don't take silence for a failure (lazy pages) */
	criu_notify *notify;
	void *context; /* for notify */
};

/*
 * Sends a request and waits for its answer. Also fails if CRIU exits, if a signal arrives, or if
 * CRIU shows no sign of life for a minute (no message, no log output, no CPU time); CRIU is killed
 * then. Returns 0 if CRIU reports success, else -1.
 */
int criu_call(struct criu_session *session, enum criu_request request,
	const struct criu_options *options, struct criu_answer *answer, struct error *err);

/*
 * Waits until CRIU exits, which it does when its socket closes; kills it otherwise. Closes the
 * session's descriptors.
 */
void criu_end(struct criu_session *session);
