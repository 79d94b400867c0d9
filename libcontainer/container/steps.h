/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine of create, init, exec, restore and checkpoint: each is a table of steps that are run
 * in order. It logs and traces each step, and undoes the earlier ones if a step fails.
 */
#pragma once
#include <stddef.h>

#include "base/error.h"
#include "base/fd.h"
#include "container/trace.h"

/*
 * Defines `struct NAME_step` and NAME_run_steps() for tables that work on `struct NAME`, which has
 * a member `struct trace trace`. It is a macro so that steps take their own type instead of a void
 * pointer.
 *
 * A step's run() returns 0 or -1 with err set. undo(), if not NULL, undoes run(). It is called
 * after a failure of its own step or of a later one, in reverse order, and must work after a run()
 * that failed halfway. After a step with last_traced the trace file is closed, because the
 * container's side must not keep a file of the host.
 *
 * NAME_run_steps() returns 0; or -1, with err as the failed step set it.
 */
/* clang-format off: it takes the pointers for products */
/* clang-format off */
#define DEFINE_STEPS(type)                                                                        \
	struct type##_step {                                                                      \
		const char *name;                                                                 \
		int (*run)(struct type *subject, struct error *err);                             \
		void (*undo)(struct type *subject);                                              \
		bool last_traced;                                                                 \
	};                                                                                        \
	static inline int type##_run_steps(struct type *subject, const struct type##_step *steps, \
		size_t n, struct error *err)                                                      \
	{                                                                                         \
		for (size_t i = 0; i < n; i++) {                                                  \
			uint64_t begin = trace_begin(&subject->trace, steps[i].name);             \
			int result = steps[i].run(subject, err);                                  \
                                                                                                  \
			trace_end(&subject->trace, steps[i].name, begin);                         \
			if (steps[i].last_traced)                                                 \
				fd_close(&subject->trace.fd);                                     \
			if (result == 0)                                                          \
				continue;                                                         \
			for (i++; i-- > 0;)                                                       \
				if (steps[i].undo != NULL)                                        \
					steps[i].undo(subject);                                   \
			return -1;                                                                \
		}                                                                                 \
		return 0;                                                                         \
	}
/* clang-format on */
