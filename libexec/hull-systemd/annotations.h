/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Annotations org.systemd.property.NAME as properties of a unit.
 */
#pragma once
#include "base/mem.h"

struct error;

/* Appends the property that an annotation asks for: its name and its D-Bus signature, each ended by
 * a NUL, and its values as gvariant_read() has them. Refuses names that hull sets itself, and those
 * that would make systemd act on other units. The error names the annotation. Returns 0 or -1. */
int annotation_read(const char *key, const char *text, struct buf *name, struct buf *signature,
	struct buf *values, struct error *err);
