/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decimal numbers in text from the kernel. sscanf(3) would bring 36 kB of code into the memory of
 * every command.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/*
 * Reads the next number, after blanks and newlines, and advances *text. Returns false if there is
 * none or it exceeds max.
 */
bool number_take(const char **text, uint64_t max, uint64_t *value);

/* Reads n 32-bit numbers. Returns false if there are fewer. */
bool number_take_32(const char **text, uint32_t *values, unsigned n);
