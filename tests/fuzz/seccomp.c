/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any profile that the decoder and validation let pass: the compiler either refuses it or makes a
 * program that the kernel would take and that always answers; the same program every time.
 */
#include <seccomp.h>
#include <string.h>

#include "../lib/seccomp_run.h"
#include "base/error.h"
#include "base/mem.h"
#include "fuzz.h"
#include "linux/seccomp/seccomp_compile.h"
#include "spec/config.h"

static const uint32_t natives[] = { SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64, SCMP_ARCH_S390X,
	SCMP_ARCH_PPC64LE };

/* What validation refuses (spec/rules/seccomp.c) as far as the compiler relies on it. */
static bool valid(const struct oci_seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		for (size_t k = 0; k < seccomp->syscalls.v[i].args.n; k++)
			if (seccomp->syscalls.v[i].args.v[k].index > 5)
				return false;
	return true;
}

/* Numbers and arguments as the profile's own bytes give them. */
static void run(const struct buf *program, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < 64; i++) {
		uint32_t words[WORDS] = {
			[WORD_NR] = (uint32_t)i * 8, [WORD_ARCH] = natives[i % 4]
		};

		for (size_t k = WORD_ARGS; k < WORDS; k++)
			words[k] = data[(i + k) % size] % 8;
		seccomp_run((const struct sock_filter *)(const void *)program->data, words, NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf program = { 0 }, again = { 0 };
	struct oci_seccomp seccomp = { 0 };
	struct error err = { 0 };
	uint32_t native;

	if (size < 2 ||
		json_decode(&arena,
			&(struct json_source){ "profile", (const char *)data + 1, size - 1 },
			&seccomp_table, &seccomp, &err) < 0 ||
		!valid(&seccomp))
		return 0;
	native = natives[data[0] % 4];
	if (seccomp_compile_for(native, &seccomp, data[0] & 4, &program, &err) < 0) {
		require(program.len == 0 && err.text[0] != '\0',
			"what is refused leaves nothing but an error");
		return 0;
	}
	require(seccomp_refused((const struct sock_filter *)(const void *)program.data,
			program.len / sizeof(struct sock_filter)) == NULL,
		"the kernel would take it");
	require(seccomp_compile_for(native, &seccomp, 0, &again, &err) == 0,
		"it is compiled again");
	require(again.len == program.len && memcmp(again.data, program.data, again.len) == 0,
		"compiled twice is the same");
	run(&program, data, size);
	return 0;
}
