/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads hull's requests (cgroup/systemd/protocol.h), and converts their properties to arguments of
 * D-Bus calls.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct error;

/* The unread part of a request. Reading beyond its end returns "" and 0, and sets bad. */
struct request {
	const char *at, *end;
	bool bad;
};

/* Returns the next string, which points into the request. */
const char *request_word(struct request *request);
uint32_t request_uint32(struct request *request);

/*
 * Appends the rest of the request, its properties, as an array "a(sv)"; with_self: also the
 * property PIDs with this process. Returns 0; or -1 with err, EINVAL for a malformed request.
 */
int message_append_properties(
	sd_bus_message *m, struct request request, bool with_self, struct error *err);

void message_free(sd_bus_message **message);
#define cleanup_message __attribute__((cleanup(message_free)))
