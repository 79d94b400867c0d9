/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A static pool of memory, used from its beginning, which is all that most commands need. Each page
 * in use costs a page fault, and another one in each cloned process. So pages are touched only when
 * they are used, and those in use are adjacent.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * Marks variables that most commands or cloned processes write to. The linker places them after the
 * C library's variables, on a page that is written to anyway; the pool begins there, too. Such a
 * variable must be neither static nor initialised, and its name must be unique in the program: the
 * linker merges common variables of one name.
 */
#define BESIDE_POOL __attribute__((common))

/*
 * Returns `size` bytes of uninitialised memory, aligned for every type; NULL if the pool has less
 * left.
 */
void *pool_take(size_t size);

/*
 * Resizes p, which is from the pool, without moving it. Returns false if that is impossible: memory
 * was taken after p, or the pool has too little left.
 */
bool pool_resize(void *p, size_t size);

/* Returns the size of p, which is from the pool. */
size_t pool_size(const void *p);

/*
 * Frees p, which is from the pool. Only memory that is freed in the reverse order of taking can be
 * taken again; otherwise the pool becomes smaller. The caller uses malloc() when it is used up.
 */
void pool_give_back(void *p);

/* Returns true if p is from the pool. */
bool pool_gave(const void *p);
