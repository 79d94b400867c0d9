/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Converts annotations org.systemd.property.NAME to properties of a unit.
 */
#pragma once
#include "base/mem.h"

struct error;

/*
 * Appends the property that an annotation sets: name and D-Bus signature, NUL-terminated, and
 * values as from gvariant_read(). Refuses names that hull sets itself, and those that affect other
 * units. The error names the annotation. Returns 0 or -1.
 */
int annotation_read(const char *key, const char *text, struct buf *name, struct buf *signature,
	struct buf *values, struct error *err);
