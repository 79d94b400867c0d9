/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What hull and hull-systemd say to each other over a SOCK_SEQPACKET socket, hull-systemd's
 *standard input. A request is one packet; its strings end with a NUL, its numbers are the machine's
 *own.
 *
 *	"start" UNIT WHOM SLICE PROPERTY...   makes a transient unit. WHOM is "self": hull-systemd
 *goes into it, or "-": nobody. What isn't there yet of SLICE and the slices above goes again with
 *its last unit. "set" UNIT PROPERTY...                changes properties, until the unit ends
 *	"attach" UNIT PID                     puts a process into it; PID is a uint32_t
 *	"stop" UNIT                           ends it and forgets that it failed; a missing one is
 *fine
 *
 * A property is a byte, enum property_type, its NAME, and a value of that type. The answer is one
 * packet: "ok", and for "start" the unit's cgroup path; or "error", an errno as an int32_t, a
 * sentence. hull-systemd ends with its input; while it lives it keeps a unit that it is in from
 * ending.
 */
#pragma once

enum { SYSTEMD_REQUEST_MAX = 128 << 10, SYSTEMD_ANSWER_MAX = 8192 }; /* bytes */

enum property_type {
	PROPERTY_STRING = 1, /* a string */
	PROPERTY_BOOL,       /* a byte, 0 or 1 */
	PROPERTY_NUMBER,     /* a uint64_t */
	PROPERTY_BYTES,      /* a uint32_t, as many bytes: D-Bus type "ay" */
	PROPERTY_STRINGS,    /* a uint32_t, as many strings: "as" */
	PROPERTY_PAIRS,      /* a uint32_t, as many pairs of strings: "a(ss)" */
	PROPERTY_ANNOTATION, /* NAME is the key of an annotation, org.systemd.property.NAME; a
				string: its value. hull-systemd parses it, and refuses what isn't
				allowed */
};

#define SYSTEMD_ANNOTATION "org.systemd.property."
