/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.sysctl: written through a handle on procfs (procfs.h), inside the container's namespaces.
 * Which names are namespaced is checked by spec/validate.c.
 */
#pragma once
#include "spec/config.h"

struct error;

/* Writes them all, in their order. procfd: the host's procfs. own_procfd: the one that was mounted
 * for the container, or -1; it serves if something is mounted over the host's /proc/sys, as in a
 * container in which hull runs. gids: the container's mapping where it has a user namespace (may
 * be empty): net.ipv4.ping_group_range is clamped to it with a warning, since the kernel refuses
 * groups without a mapping. */
int sysctl_apply(int procfd, int own_procfd, const string_map *sysctl, const oci_id_mappings *gids,
	struct error *err);
