/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "container/create/setup.h"

struct error;

/* Waits until the container ends, and deletes it unless keep is set. Returns 0 or -1. */
int run_in_foreground(struct setup *c, bool keep, int *exit_status, struct error *err);
