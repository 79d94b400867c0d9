/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network devices (rtnetlink(7)): linux.netDevices, moved from the host into the container's
 * network namespace; and the loopback device of a new one.
 */
#pragma once
#include "spec/config.h"

struct error;

/*
 * Host side: moves the devices into the network namespace of `process`, a pidfd (or into the
 * namespace that a descriptor is of), under their new names, with their permanent global addresses,
 * and sets them up. A name that is taken is an error, unless it is a
 * pattern ("eth%d"). Finds all devices before it moves the first one; after an error, all are on
 * the host, with their names and addresses. Returns 0 or -1.
 */
int netdev_move(
	int process, const struct oci_net_device_entry *devices, size_t n, struct error *err);

/* Sets lo up in the caller's network namespace. Returns 0 or -1. */
int netdev_loopback_up(struct error *err);
