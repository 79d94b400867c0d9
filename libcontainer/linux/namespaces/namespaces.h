/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Namespaces: their names, flags and files; and opening one by path, with its type checked before a
 * process joins it.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

/* Return the kernel's names for a type: its clone flag, and its file in /proc/PID/ns. */
int namespace_flag(enum oci_namespace_type type);
const char *namespace_file(enum oci_namespace_type type);

/*
 * Opens ns->path and checks with NS_GET_NSTYPE that it is of ns->type. index: position in
 * /linux/namespaces, for the error. Returns a descriptor that the caller closes, or -1.
 */
int namespace_open(const struct oci_namespace *ns, size_t index, struct error *err);

/*
 * Returns true if the user namespace userns_fd owns the namespace fd (ioctl_ns(2), NS_GET_USERNS).
 */
bool namespace_is_owned_by(int fd, int userns_fd);

/* Returns true if fd and the file at path refer to the same namespace. */
bool namespace_is_at(int fd, const char *path);

/*
 * Joins the namespace with setns(2). The error names the type and the likely cause. Returns 0 or
 * -1.
 */
int namespace_join(int fd, enum oci_namespace_type type, struct error *err);
