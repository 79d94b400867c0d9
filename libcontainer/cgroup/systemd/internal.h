/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Declarations shared by the files of cgroup/systemd/ only.
 */
#pragma once
#include "cgroup/internal.h"
#include "cgroup/systemd/protocol.h"

/* ---- request.c: the parts of a request ---- */

/* Append a string; a property's type and name, before its value; or a property with its value. */
void request_string(struct buf *request, const char *text);
void request_property(struct buf *request, enum property_type type, const char *name);
void request_text(struct buf *request, const char *name, const char *value);
void request_bool(struct buf *request, const char *name, bool value);
void request_number(struct buf *request, const char *name, uint64_t value);
/* Appends the count that precedes a list of bytes, strings or pairs. */
void request_count(struct buf *request, uint32_t n);

/* ---- properties.c ---- */

/*
 * Appends DevicePolicy and DeviceAllow, for v1, where systemd rewrites the device list whenever it
 * changes the unit.
 */
void systemd_device_properties(const struct device_exceptions *exceptions, struct buf *request);

/* ---- helper.c: the process hull-systemd ---- */

struct helper {
	pid_t pid; /* 0: not running */
	int socket;
};

/* Starts hull-systemd for the user's or the system's service manager. Returns 0 or -1. */
int helper_start(struct helper *helper, bool user, struct error *err);
int helper_send(struct helper *helper, const struct buf *request, struct error *err);
/* Waits for the answer to a request; *text: what follows "ok". Returns 0 or -1. */
int helper_answer(struct helper *helper, char answer[SYSTEMD_ANSWER_MAX], const char **text,
	struct error *err);
/* Sends a request and waits for its answer. Returns 0 or -1. */
int helper_call(struct helper *helper, const struct buf *request, struct error *err);
/* Ends hull-systemd and waits until it has exited. May be called again. */
void helper_end(struct helper *helper);
