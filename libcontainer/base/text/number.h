/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decimal numbers in what the kernel writes. sscanf(3) would do it; but it brings 36 kB of code
 * into the memory of every command.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Takes the next number off *text, behind blanks and newlines. False where there is none, or it is
 * greater than max. */
bool number_take(const char **text, uint64_t max, uint64_t *value);

/* Takes n numbers of 32 bits each. False where there aren't so many. */
bool number_take_32(const char **text, uint32_t *values, unsigned n);
