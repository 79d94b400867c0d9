/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network devices (rtnetlink(7)): linux.netDevices, moved from the host into the container's
 * network namespace; and the loopback device of a new one.
 */
#pragma once
#include "spec/config.h"

struct error;

/* Devices that have been moved, with what it takes to move them back. */
struct netdev_moves;

/*
 * Host side: moves the devices into the network namespace of `process`, a pidfd (or into the
 * namespace that a descriptor is of), under their new names, with their permanent global addresses,
 * and sets them up. A name that is taken is an error, unless it is a pattern ("eth%d"). Finds all
 * devices before it moves the first one. Returns 0 with *moved, or -1: then all are on the host,
 * with their names and addresses. Without devices *moved is left as it is. The names in `devices`
 * must stay valid as long as *moved.
 */
int netdev_move(int process, const struct oci_net_device_entry *devices, size_t n,
	struct netdev_moves **moved, struct error *err);

/*
 * netdev_take_back() moves the devices back to the host, even if the namespace has no process left,
 * and gives them their names and addresses again. netdev_forget() leaves them where they are.
 * Both free *moved, which may be NULL, and set it to NULL.
 */
void netdev_take_back(struct netdev_moves **moved);
void netdev_forget(struct netdev_moves **moved);

/* Sets lo up in the caller's network namespace. Returns 0 or -1. */
int netdev_loopback_up(struct error *err);
