/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Namespaces: their names, flags and files; opening one by path with its type checked before
 * anything joins it.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

/* What the kernel calls a namespace of that type: the clone flag, and the file below /proc/PID/ns.
 */
int namespace_flag(enum oci_namespace_type type);
const char *namespace_file(enum oci_namespace_type type);

/* Opens ns->path and checks with NS_GET_NSTYPE that it is a namespace of ns->type. index: position
 * in /linux/namespaces, for the error. Returns an fd. */
int namespace_open(const struct oci_namespace *ns, size_t index, struct error *err);

/* True if the namespace behind fd is owned by the user namespace behind userns_fd (ioctl_ns(2),
 * NS_GET_USERNS). */
bool namespace_is_owned_by(int fd, int userns_fd);

/* True if both fds are the same namespace. */
bool namespace_same(int fd, int other);

/* Joins; the error names the type and says what usually lacks. */
int namespace_join(int fd, enum oci_namespace_type type, struct error *err);
