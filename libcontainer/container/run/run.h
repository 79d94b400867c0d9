/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "container/create/creation.h"

struct error;

/* Stays until the container ends, and deletes it unless it is to be kept. */
int run_in_foreground(struct creation *c, bool keep, int *exit_status, struct error *err);
