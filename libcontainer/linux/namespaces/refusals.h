/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why namespaces can't be made (base/explain.h).
 */
#pragma once
#include <stdint.h>

struct error;

/* Appends to err, whose code clone3(2) or unshare(2) gave, why the namespaces of flags
 * (CLONE_NEW...) weren't made: the limit of /proc/sys/user by name, a chroot, a setting of the
 * host. May make namespaces in a child to find out. Returns -1. */
int namespaces_explain(uint64_t flags, struct error *err) __attribute__((cold));
