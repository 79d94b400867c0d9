/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The annotations of a configuration that hull acts on, all in one table. Their values are read
 * where they are used (config_annotation()).
 */
#pragma once
#include <stddef.h>

/*
 * Returns the name of the i-th annotation, in the order of the table; NULL after the last. A name
 * that ends with a dot stands for every annotation with that prefix.
 */
const char *annotation_name(size_t i);

/*
 * Returns the entry in potentiallyUnsafeConfigAnnotations of `hull features` that covers the i-th
 * annotation, which must exist: an engine must not let untrusted users set it.
 */
const char *annotation_unsafe(size_t i);
