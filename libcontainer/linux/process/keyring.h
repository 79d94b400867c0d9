/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's own session keyring (session-keyring(7)), so that it doesn't see the keys of
 * hull's caller.
 */
#pragma once

struct error;

/*
 * Creates and joins the keyring "_ses.ID", which the container's user can search. It has the
 * SELinux label set by lsm_selinux_label_keys(). If the kernel has no keyrings or the quota is used
 * up, warns and succeeds. Returns 0 or -1.
 */
int keyring_join(const char *id, struct error *err);
