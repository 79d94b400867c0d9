/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session keyring of the container's own (session-keyring(7)), so that it doesn't see the keys of
 * the runtime's caller.
 */
#pragma once

struct error;

/* Makes and joins the keyring "_ses.ID", which the container's user may search. Its SELinux label
 * is what lsm_selinux_label_keys() has set. Where there are no keyrings, or the quota is used up,
 * the container goes without, with a warning. */
int keyring_join(const char *id, struct error *err);
