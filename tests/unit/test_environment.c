/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/process.h"
#include "emulated.h"
#include "linux/ids/user.h"
#include "linux/process/environment.h"
#include "linux/process/exec_refusals.h"
#include "support.h"

static int root = -1;
static struct arena arena;

static int set_up(void **state)
{
	if (make_base(state) < 0 || chdir(base) < 0)
		return -1;
	root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(root, "etc", 0755);
	mkdirat(root, "bin", 0755);
	return root < 0;
}

static int tear_down(void **state)
{
	arena_free(&arena);
	fd_close(&root);
	return remove_base(state);
}

static void file(const char *name, mode_t mode, const void *data, size_t len)
{
	assert_int_equal(file_replace(root, name, data, len, 0600, NULL), 0);
	assert_int_equal(fchmodat(root, name, mode, 0), 0);
}

static void text(const char *name, mode_t mode, const char *content)
{
	file(name, mode, content, strlen(content));
}

static char **make(const char *const *v, size_t n, uid_t uid)
{
	const string_list list = { (const char **)(uintptr_t)v, n };

	return environment_make(&arena, &list, root, uid);
}

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# comment\n"
			     "short:x:5\n"
			     "name:x:12x:0::/wrong:/bin/sh\n"
			     "0:x:1000:0:the name looks like a number:/home/zero:/bin/sh\n"
			     "empty:x:1001:0:::/bin/sh\n"
			     "last:x:1002:0:gecos:/home/last:/bin/sh";

static void home_from_passwd(void **state)
{
	static const struct {
		uid_t uid;
		const char *home;
	} cases[] = { { 0, "/root" }, { 5, "/" }, { 12, "/" }, { 1000, "/home/zero" },
		{ 1001, "/" }, { 1002, "/home/last" }, { 7, "/" } };

	(void)state;
	text("etc/passwd", 0644, passwd);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(user_home(&arena, root, cases[i].uid), cases[i].home);
}

/* The file is the image's: it may lead outside, or be something to wait for. */
static void passwd_that_is_a_trap(void **state)
{
	(void)state;
	unlinkat(root, "etc/passwd", 0);
	assert_string_equal(user_home(&arena, root, 0), "/");
	assert_int_equal(symlinkat("../../../../../../etc/passwd", root, "etc/passwd"), 0);
	assert_string_equal(user_home(&arena, root, 0), "/");
	unlinkat(root, "etc/passwd", 0);
	assert_int_equal(mkfifoat(root, "etc/passwd", 0644), 0);
	assert_string_equal(user_home(&arena, root, 0), "/");
	unlinkat(root, "etc/passwd", 0);
	assert_int_equal(mkdirat(root, "etc/passwd", 0755), 0);
	assert_string_equal(user_home(&arena, root, 0), "/");
	unlinkat(root, "etc/passwd", AT_REMOVEDIR);
}

static void last_of_two_names_wins(void **state)
{
	static const char *const env[] = { "A=1", "HOME=/first", "B", "A=2", "AA=3", "B", "HOME=/h",
		"C=a=b", "=x" };
	char **made = make(env, ARRAY_SIZE(env), 0);

	(void)state;
	assert_string_equal(made[0], "A=2");
	assert_string_equal(made[1], "AA=3");
	assert_string_equal(made[2], "B");
	assert_string_equal(made[3], "HOME=/h");
	assert_string_equal(made[4], "C=a=b");
	assert_string_equal(made[5], "=x");
	assert_null(made[6]);
	assert_string_equal(environment_value(made, "C"), "a=b");
	assert_null(environment_value(made, "B"));
	assert_null(environment_value(made, "D"));
}

static void home_where_there_is_none(void **state)
{
	static const char *const empty[] = { "HOME=/x", "A=1", "HOME=" };
	char **made;

	(void)state;
	text("etc/passwd", 0644, passwd);
	made = make(NULL, 0, 1000);
	assert_string_equal(made[0], "HOME=/home/zero");
	assert_null(made[1]);
	made = make(empty, 3, 0);
	assert_string_equal(made[0], "A=1");
	assert_string_equal(made[1], "HOME=/root");
	assert_null(made[2]);
}

static void thousands_of_variables(void **state)
{
	enum { N = 20000 };
	cleanup_free const char **env = mem_alloc(N * sizeof *env);
	char **made;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N; i++)
		env[i] = arena_printf(&arena, "V%zu=%zu", i % (N / 2), i);
	made = make(env, N, 0);
	while (made[n] != NULL)
		n++;
	assert_int_equal(n, N / 2 + 1);
	assert_string_equal(environment_value(made, "V7"), "10007");
}

/* What is found for `name` with PATH, or the error. */
static const char *find(const char *path, const char *name)
{
	char *env[] = { path != NULL ? arena_printf(&arena, "PATH=%s", path) : NULL, NULL };
	const char *found;

	err = (struct error){ 0 };
	found = environment_find(&arena, env, name, &err);
	return found != NULL ? found : err.text;
}

static void search(void **state)
{
	const char *not_found = "exec: \"tool\": executable file not found in $PATH";

	(void)state;
	text("bin/tool", 0755, "#!/bin/sh\n");
	text("etc/tool", 0644, "#!/bin/sh\n");
	text("here", 0755, "#!/bin/sh\n");
	mkdirat(root, "bin/directory", 0755);
	assert_string_equal(find("etc:bin", "tool"), "bin/tool");
	assert_string_equal(find("/nowhere::bin", "here"), "./here");
	assert_string_equal(find("bin:", "here"), "./here");
	assert_string_equal(find("etc", "tool"), not_found);
	assert_string_equal(find(NULL, "tool"), not_found);
	assert_string_equal(find("bin", "directory"),
		"exec: \"directory\": executable file not found in $PATH");
	assert_string_equal(find("bin", ""), "exec: \"\": executable file not found in $PATH");
	assert_string_equal(find(NULL, "./bin/tool"), "./bin/tool");
	assert_string_equal(find(NULL, "./bin/nope"),
		"exec: \"./bin/nope\": stat ./bin/nope: no such file or directory");
	assert_string_equal(
		find(NULL, "./bin"), "exec: \"./bin\": permission denied; it is a directory");
	assert_string_equal(find(NULL, "./etc/tool"),
		"exec: \"./etc/tool\": permission denied; ./etc/tool has no execute permission "
		"(mode 0644)");
	assert_string_equal(find(NULL, "here/x"),
		"exec: \"here/x\": stat here/x: not a directory; here is a file");
}

/* The error after execve of this file, which must fail. */
static const char *explained(const char *path)
{
	char *const argv[] = { (char *)(uintptr_t)path, NULL };

	err = (struct error){ 0 };
	execve(path, argv, argv + 1);
	assert_int_equal(
		exec_explain(&(struct execution_refused){ path, argv, argv + 1 }, errno, &err), -1);
	return err.text;
}

static void scripts(void **state)
{
	(void)state;
	text("script", 0755, "#!/no/such -x\n");
	assert_string_equal(explained("./script"),
		"exec: \"./script\": no such file or directory; ./script begins with #!/no/such, "
		"which the container doesn't have");
	text("dos", 0755, "#! /bin/sh\r\necho\r\n");
	assert_non_null(strstr(explained("./dos"), "begins with #!/bin/sh\\r, which"));
	text("outer", 0755, "#!./script\n");
	assert_non_null(strstr(explained("./outer"), "./script begins with #!/no/such, which"));
	text("plain", 0644, "#!/bin/sh\n");
	text("denied", 0755, "#!./plain\n");
	assert_non_null(strstr(
		explained("./denied"), "permission denied; ./plain has no execute permission"));
	assert_non_null(strstr(explained("./plain"),
		"permission denied; ./plain has no execute permission (mode 0644)"));
	assert_non_null(strstr(explained("./bin"), "permission denied; it is a directory"));
	text("nothing", 0755, "");
	assert_string_equal(explained("./nothing"),
		"exec: \"./nothing\": exec format error; the file is empty");
	text("words", 0755, "echo hello\n");
	assert_string_equal(explained("./words"),
		"exec: \"./words\": exec format error; it is neither an ELF program nor a script "
		"that begins with #!");
}

/* An ELF file of this machine's word size and byte order, with a loader that isn't there. */
static void elf(unsigned machine, const char *loader)
{
	struct {
		ElfW(Ehdr) header;
		ElfW(Phdr) segments[2];
		char loader[64];
	} image = { .header = { .e_type = ET_DYN,
			    .e_machine = (ElfW(Half))machine,
			    .e_version = EV_CURRENT,
			    .e_phoff = sizeof image.header,
			    .e_ehsize = sizeof image.header,
			    .e_phentsize = sizeof image.segments[0],
			    .e_phnum = 2 } };

	memcpy(image.header.e_ident, ELFMAG, SELFMAG);
	image.header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
	image.header.e_ident[EI_DATA] =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	image.header.e_ident[EI_VERSION] = EV_CURRENT;
	strcpy(image.loader, loader);
	image.segments[0] = (ElfW(Phdr)){ .p_type = PT_INTERP,
		.p_offset = offsetof(__typeof__(image), loader),
		.p_filesz = (ElfW(Word))strlen(loader) + 1 };
	image.segments[1] = (ElfW(Phdr)){ .p_type = PT_LOAD,
		.p_filesz = sizeof image,
		.p_memsz = sizeof image,
		.p_flags = PF_R | PF_X,
		.p_align = 0x10000 };
	file("program", 0755, &image, sizeof image);
}

/* What this test itself is built for. */
static unsigned own_machine(void)
{
	cleanup_fd int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ElfW(Ehdr) header = { 0 };

	assert_int_equal(read(fd, &header, sizeof header), sizeof header);
	return header.e_machine;
}

static void loader_that_is_missing(void **state)
{
	(void)state;
	SKIP_IF_EMULATED();
	elf(own_machine(), "/lib/ld-none.so.1");
	assert_string_equal(explained("./program"),
		"exec: \"./program\": no such file or directory; the loader of ./program is "
		"/lib/ld-none.so.1, which the container doesn't have (another libc?)");
}

/* With that of this machine's byte order. */
static void other_machines(void **state)
{
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	const struct {
		unsigned machine;
		const char *name;
	} known[] = { { EM_X86_64, "x86_64" }, { EM_AARCH64, "aarch64" },
		{ EM_PPC64, little ? "ppc64le" : "ppc64" }, { EM_S390, "s390x" },
		{ 0xfeed, "another architecture" } };

	(void)state;
	SKIP_IF_EMULATED();
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		cleanup_free char *why = mem_printf(
			"exec format error; it is built for %s, this machine is ", known[i].name);

		if (known[i].machine == own_machine())
			continue;
		elf(known[i].machine, "/lib/ld-none.so.1");
		assert_non_null(strstr(explained("./program"), why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(home_from_passwd),
		cmocka_unit_test(passwd_that_is_a_trap),
		cmocka_unit_test(last_of_two_names_wins),
		cmocka_unit_test(home_where_there_is_none),
		cmocka_unit_test(thousands_of_variables),
		cmocka_unit_test(search),
		cmocka_unit_test(scripts),
		cmocka_unit_test(loader_that_is_missing),
		cmocka_unit_test(other_machines),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
