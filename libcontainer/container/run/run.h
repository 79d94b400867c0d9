/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "container/create/creation.h"

struct error;
struct notify_relay;

/* Stays until the container ends, and deletes it unless it is to be kept. relay: NULL, or what to
 * relay meanwhile. */
int run_in_foreground(struct creation *c, bool keep, struct notify_relay *relay, int *exit_status,
	struct error *err);
