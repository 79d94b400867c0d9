/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C library's beginning of a static program, without its questions about the processor. glibc
 * executes CPUID about a hundred times before main(), for the sizes of caches and the quickest
 * memcpy(); in a virtual machine each is a trap of 1 to 2 µs, so that an empty static program takes
 * 270 µs of CPU and one that doesn't ask takes 55 (docs/performance.md). hull copies nothing that
 * is large; the variants that every x86-64 has serve it as well.
 *
 * This is __libc_start_main() of csu/libc-start.c (glibc 2.36, static) as steps, in its order, with
 * the constants that stand in sysdeps/x86/cacheinfo.h for what the processor would have been asked,
 * and without what hull has no use for: what dlopen() and threads need, GLIBC_TUNABLES,
 * destructors. The functions are the library's own, which are there for whoever is linked with
 * libc.a. Their order and names belong to one version: of another the library's own beginning is
 * taken.
 */
#include <features.h>

#if defined(HULL_STATIC) && defined(__x86_64__) && __GLIBC__ == 2 && __GLIBC_MINOR__ == 36
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <unistd.h>

/* What memcpy() and its kin know of the caches, cacheinfo.h's defaults. */
long __x86_data_cache_size_half = 32 * 1024 / 2, __x86_data_cache_size = 32 * 1024;
long __x86_shared_cache_size_half = 1024 * 1024 / 2, __x86_shared_cache_size = 1024 * 1024;
long __x86_shared_non_temporal_threshold = 1024 * 1024 * 3 / 4,
     __x86_rep_movsb_stop_threshold = 1024 * 1024 * 3 / 4;
long __x86_rep_movsb_threshold = 2048, __x86_rep_stosb_threshold = 2048;
int __x86_string_control;

extern void *__libc_stack_end, *_dl_random;
extern int __libc_argc;
extern char **__libc_argv;
extern const Elf64_Phdr *_dl_phdr;
extern size_t _dl_phnum;
extern const Elf64_Rela __rela_iplt_start[] __attribute__((weak)),
	__rela_iplt_end[] __attribute__((weak));
extern void (*__preinit_array_start[])(int, char **, char **),
	(*__preinit_array_end[])(int, char **, char **);
extern void (*__init_array_start[])(int, char **, char **),
	(*__init_array_end[])(int, char **, char **);

void _dl_aux_init(Elf64_auxv_t *);
void _dl_relocate_static_pie(void);
void __libc_setup_tls(void);
void __ctype_init(void);
void __init_misc(int, char **, char **);
void _init(void);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end) __attribute__((noreturn));

/* Which variant of a function is taken is decided here, by functions that look at a processor of
 * which nothing is known. */
static inline void relocate(void)
{
	for (const Elf64_Rela *r = __rela_iplt_start; r < __rela_iplt_end; r++)
		*(uintptr_t *)r->r_offset = ((uintptr_t(*)(void))r->r_addend)();
}

/* The guards of the stack and of saved pointers: the kernel's random bytes, the lowest byte zero
 * against strings. */
static inline void set_guards(void)
{
	const uintptr_t *random = _dl_random;

	__asm__ volatile("movq %0, %%fs:0x28" : : "r"(random[0] & ~(uintptr_t)0xff));
	__asm__ volatile("movq %0, %%fs:0x30" : : "r"(random[1]));
}

/* What nobody writes to any more once the program begins. Done by _dl_non_dynamic_init() otherwise,
 * which goes on to prepare for dlopen(): the path of this executable, search paths, the symbols of
 * the vDSO. */
static void protect_relocated(void)
{
	const uintptr_t page = 4096;

	for (size_t i = 0; i < _dl_phnum; i++) {
		uintptr_t begin = _dl_phdr[i].p_vaddr & ~(page - 1),
			  end = (_dl_phdr[i].p_vaddr + _dl_phdr[i].p_memsz) & ~(page - 1);

		if (_dl_phdr[i].p_type == PT_GNU_RELRO &&
			mprotect((void *)begin, end - begin, PROT_READ) < 0)
			_exit(127);
	}
}

static void initialize(int argc, char **argv)
{
	for (size_t i = 0; i < (size_t)(__preinit_array_end - __preinit_array_start); i++)
		__preinit_array_start[i](argc, argv, environ);
	_init();
	for (size_t i = 0; i < (size_t)(__init_array_end - __init_array_start); i++)
		__init_array_start[i](argc, argv, environ);
}

__attribute__((optimize("no-stack-protector"))) int __libc_start_main(
	int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	char **end = argv + argc + 1;

	(void)init;
	(void)fini;
	(void)rtld_fini;
	environ = end;
	__libc_stack_end = stack_end;
	while (*end != NULL)
		end++;
	_dl_aux_init((Elf64_auxv_t *)(void *)(end + 1));
	_dl_relocate_static_pie();
	relocate();
	__libc_setup_tls();
	set_guards();
	__libc_single_threaded = 1;
	__ctype_init();
	__libc_argc = argc;
	__libc_argv = argv;
	__init_misc(argc, argv, environ);
	protect_relocated();
	initialize(argc, argv);
	_exit(main(argc, argv, environ)); /* nothing is printed through stdio */
}
#endif
