/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CRIU(8), which writes the processes of a container to files and makes them again: `criu swrk FD`,
 * a program of its own on the other end of a socket. Its RPC is protobuf (rpc.proto); the few
 * messages that there are are encoded and decoded by tables here, so any version serves and no
 * library is needed.
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

/* A descriptor that takes the place of what has this name in the images. */
struct criu_inherited {
	const char *key;
	int32_t fd;
};

/* cgroup roots: controller (NULL: the v2 hierarchy) and path; namespaces to join: type and file. */
struct criu_pair {
	const char *first, *second;
};
typedef LIST(struct criu_pair) criu_pairs;

struct criu_page_server {
	const char *address;
	int32_t port;
};

/* The options of a request. What is 0, false, NULL or empty is left out. */
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
	bool vetoed;      /* notify() said no: not the message's */
	int32_t restored; /* the pid of the first process */
	int32_t notified; /* CRIU_NOTIFY: likewise */
	char script[CRIU_SCRIPT_MAX];
	int32_t error;
	char message[CRIU_MESSAGE_MAX]; /* the first thing that it has called an error, often one
					   that it went on after */
	bool mem_track, lazy_pages;     /* CRIU_FEATURES */
	int32_t major, minor, sublevel; /* CRIU_VERSION */
};

/* Appends a request; options may be NULL. Strings too long for a message are cut by nobody: the
 * caller keeps them sane. */
void criu_encode(struct buf *out, enum criu_request request, const struct criu_options *options);

/* The answer to a notification. */
void criu_encode_notified(struct buf *out, bool success);

/* What CRIU says. Unknown fields are passed over. Returns 0, or -1 where it is no message. */
int criu_decode(const void *data, size_t len, struct criu_answer *answer);

/* In a child process: becomes CRIU, in a process group of its own, which talks on `sock`. The
 * descriptors of keep[] stay open under their numbers, all others from 3 on are closed. Returns -1
 * if CRIU can't be executed, else never. */
int criu_execute(int sock, const int *keep, size_t n, struct error *err);

/* Called at each stage that CRIU reports (with the options' notify_scripts). fd: the master of the
 * terminal at "orphan-pts-master", the callee's, else -1. -1 makes CRIU undo everything. */
typedef int criu_notify(void *context, const char *script, pid_t pid, int fd, struct error *err);

/* A CRIU that runs, a child of this process. */
struct criu_session {
	int sock;    /* to it */
	int pidfd;   /* of it: its children may keep the socket open */
	pid_t pid;   /* of it, and its process group's */
	int signals; /* a signalfd: a signal there ends the request */
	int log_directory;
	const char *log_file; /* grows as long as CRIU works; NULL: none yet */
	bool patient;         /* silence means nothing (lazy pages) */
	criu_notify *notify;
	void *context; /* of notify */
};

/* Sends a request and waits for its answer. Fails too if CRIU ends, if a signal comes, or if CRIU
 * shows no sign of life for a minute: no message, nothing in its log, no CPU time. Then CRIU has
 * been killed. Returns 0 when CRIU says that it succeeded. */
int criu_call(struct criu_session *session, enum criu_request request,
	const struct criu_options *options, struct criu_answer *answer, struct error *err);

/* Waits until CRIU is gone, which ends when its socket closes; one that doesn't is killed. Closes
 * the session's descriptors. */
void criu_end(struct criu_session *session);
