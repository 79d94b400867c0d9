/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The protocol between hull and hull-systemd. The socket is a SOCK_SEQPACKET socket, hull-systemd's
 * standard input. A request is one packet. Its strings end with a NUL; its numbers have the
 * machine's byte order.
 *
 *	"start" UNIT WHOM SLICE PROPERTY...
 *		creates a transient unit. WHOM is "self": hull-systemd becomes a process of the
 *		unit; or "-": nobody does. Creates SLICE and the slices above it if they don't
 *		exist; they end with the last unit in them.
 *	"set" UNIT PROPERTY...
 *		changes properties, until the unit ends
 *	"attach" UNIT PID
 *		moves a process into the unit; PID is a uint32_t
 *	"stop" UNIT
 *		ends the unit, and resets its failed state; a missing unit is no error
 *
 * A property is a byte (enum property_type), its NAME, and a value of that type. The answer is one
 * packet: "ok", and for "start" the unit's cgroup path; or "error", an errno as an int32_t, and a
 * sentence. hull-systemd exits when its input ends. A unit that contains hull-systemd doesn't end
 * by itself.
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
