/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What tests need that change what a process can't change back, or that need files. */
#pragma once
#include <stdbool.h>

#include "base/error.h"

/* What went wrong last; CHECK() shows it. */
extern struct error err;

/* Runs the rest of a test in a child, whose IDs, limits and namespaces may change for good:
 *
 *	if (!in_child())
 *		return;
 *	CHECK(...);
 *	_exit(0);
 */
bool in_child(void);
bool in_child_of_root(void); /* skips the test where it isn't root's */

/* Of a child: ends it, and fails its test, where the condition doesn't hold. */
#define CHECK(condition) ((condition) ? (void)0 : end_child(#condition))
_Noreturn void end_child(const char *complaint);
void private_mounts(void);       /* mounts that only the child sees */
void enter_user_namespace(void); /* in which it is root; where nobody may make one, the child ends
				    as if it were good */

/* A directory for a test or for all of a file (cmocka_unit_test_setup_teardown(),
 * cmocka_run_group_tests()). It may be entered by everybody, and is removed with all that is in it.
 */
extern char base[];
int make_base(void **state);
int remove_base(void **state);
