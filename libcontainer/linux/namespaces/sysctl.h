/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.sysctl: written through a handle on procfs (procfs.h), inside the container's namespaces.
 * spec/rules/sysctl.c checks which names are namespaced.
 */
#pragma once
#include "spec/config.h"

struct error;

/*
 * Writes all sysctls in order. procfd: the host's procfs. own_procfd: the container's, or -1; used
 * if something is mounted over the host's /proc/sys, as when hull itself runs in a container. gids:
 * the container's mapping (may be empty): net.ipv4.ping_group_range is reduced to it with a
 * warning, because the kernel rejects unmapped groups. Returns 0 or -1.
 */
int sysctl_apply(int procfd, int own_procfd, const string_map *sysctl, const oci_id_mappings *gids,
	struct error *err);
