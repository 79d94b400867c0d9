/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How trees reach the init: everything that the host side opened, in as few messages as possible.
 * Each tree has a label that says where in struct setup it belongs.
 */
#pragma once
#include "container/create/setup.h"
#include "container/wire/sync.h"

/* Host: sends every open tree, the last ones with SYNC_PREPARED. Keeps them. Returns 0 or -1. */
int parcel_send(const struct setup *c, struct error *err);

/* Init: takes the trees of a message, SYNC_TREES or SYNC_PREPARED. Returns 0 or -1. */
int parcel_receive(struct setup *c, const struct sync_message *message, struct error *err);
