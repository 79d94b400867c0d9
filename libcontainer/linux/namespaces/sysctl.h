/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.sysctl: written through a handle on a procfs of the runtime's own (linux/procfs.h), inside
 * the container's namespaces. Which names are namespaced is checked by spec/validate.c.
 */
#pragma once
#include "spec/config.h"

struct error;

/* Writes them all, in their order. gids: the container's mapping where it has a user namespace (may
 * be empty): net.ipv4.ping_group_range is clamped to it with a warning, since the kernel refuses
 * groups without a mapping. */
int sysctl_apply(
	int procfd, const string_map *sysctl, const oci_id_mappings *gids, struct error *err);
