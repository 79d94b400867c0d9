/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why namespaces can't be made (base/explain.h).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct error;

/*
 * Explains a failed clone3(2) or unshare(2) of namespaces: appends to err, whose code is its errno,
 * which limit of /proc/sys/user, chroot or host setting refused them. flags: CLONE_NEW... May
 * create namespaces in a child to find out. Returns -1.
 */
int namespaces_explain(uint64_t flags, struct error *err) __attribute__((cold));

/*
 * Returns true if no more namespaces of one of these kinds (CLONE_NEW...) can be made, and appends
 * to why which limit was reached. Tries it in children.
 */
bool namespaces_limit_reached(uint64_t flags, struct buf *why) __attribute__((cold));
