/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session keyring of the container's own (session-keyring(7)), so that it doesn't see the keys of
 * the runtime's caller.
 */
#pragma once

struct error;

/* Makes and joins the keyring "_ses.ID", which the container's user may search. label: SELinux' for
 * the keyring (NULL or "": none), set through procfd (linux/procfs.h), which is not used without
 * one. Where there are no keyrings, or the quota is used up, the container goes without, with a
 * warning. */
int keyring_join(int procfd, const char *id, const char *label, struct error *err);
