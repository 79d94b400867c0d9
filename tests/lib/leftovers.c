/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * leftovers: finds what a test has left behind on the machine. Every test ends with it, so it is
 * one small program and not a script.
 *
 *   leftovers [-X] snapshot FILE
 *	records the current mounts and, with -X, everything that -x compares
 *   leftovers -p PID [-m FILE] [-x FILE] [-t SECONDS] [-r ROOT] [-b BUNDLE] check TOKEN DIR
 *	prints what is left; looks again until nothing is, or the time has passed
 *   leftovers -p PID [-m FILE] remove TOKEN DIR
 *	kills, thaws, removes and unmounts what `check` names
 *   leftovers -p PID -t SECONDS watch TOKEN DIR
 *	after that time, names the processes and kills them, so that a test that waits for them
 *	continues and fails; ends with PID
 *
 * Other tests may run on the machine at the same time, so "new" doesn't mean that this test made
 * it. Leftovers of a test are
 * - processes with HULL_TEST_ID=TOKEN... in their environment, in a cgroup named after TOKEN, or in
 *   another mount namespace that shows DIR; but not those older than PID (the shell that runs the
 *   test), nor those whose namespace can't be read
 * - cgroups, systemd units and network namespaces with TOKEN in their name
 * - mounts below DIR or with TOKEN in their name; with -m FILE (in a mount namespace of the tests)
 *   every new mount
 * - in the state root ROOT, everything except names that begin with @ (kept between containers); in
 *   BUNDLE, dot files and pipes
 * - with -x FILE (on a machine of the tests) every new cgroup, network interface and file in the
 *   usual places
 *
 * A mount namespace pinned at .../@mntns is kept for the next container and isn't left over. Prints
 * a line for each leftover. Exit status 1: there are leftovers.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct list {
	char **items;
	size_t count;
};

static void add(struct list *l, const char *text)
{
	l->items = realloc(l->items, (l->count + 1) * sizeof(*l->items));
	if (!l->items || !(l->items[l->count++] = strdup(text)))
		err(2, "memory");
}

static bool has(const struct list *l, const char *text)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i], text) == 0)
			return true;
	return false;
}

static void reset(struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct list){ 0 };
}

/* Returns the whole content of a small file, followed by a NUL; NULL if it can't be read. */
static char *slurp(const char *path, size_t *size)
{
	size_t used = 0, room = 4096;
	char *text = malloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = -1;

	while (fd >= 0 && text && (n = read(fd, text + used, room - used - 1)) > 0) {
		used += (size_t)n;
		if (room - used < 2)
			text = realloc(text, room *= 2);
	}
	if (fd >= 0)
		close(fd);
	if (!text || n < 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	if (size)
		*size = used;
	return text;
}

static char *print_to(char *buf, size_t size, const char *format, const char *a, const char *b)
{
	if (snprintf(buf, size, format, a, b) >= (int)size)
		errx(2, "too long: %s", a);
	return buf;
}
#define JOIN(a, format, b) print_to((char[8192]){ 0 }, 8192, "%s" format "%s", a, b)

/* The command line's arguments. */
static const char *token, *dir, *mounts_before, *machine_before, *state_root, *bundle;
static const char *shell;
static unsigned long long oldest;

/* ---- mounts ---- */

struct mountpoint {
	char id[32], root[4096], target[4096], type[64];
};

static bool next_mount(char **cursor, struct mountpoint *m)
{
	char *line, *dash;

	while ((line = strsep(cursor, "\n"))) {
		if (sscanf(line, "%31s %*s %*s %4095s %4095s", m->id, m->root, m->target) != 3)
			continue;
		dash = strstr(line, " - ");
		if (dash && sscanf(dash, " - %63s", m->type) == 1)
			return true;
	}
	return false;
}

static bool below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Returns the mounts of the snapshot, as "ID TARGET". */
static struct list mounts_known(void)
{
	char *before = mounts_before ? slurp(mounts_before, NULL) : NULL, *cursor = before;
	struct list old = { 0 };
	struct mountpoint m;

	while (before && next_mount(&cursor, &m))
		add(&old,
			JOIN(m.id, " ",
				JOIN(m.type, " ", m.root))); /* without the path: somebody may
								rename a directory above it */
	free(before);
	return old;
}

static void left_mounts(struct list *left)
{
	char *now = slurp("/proc/self/mountinfo", NULL), *cursor = now;
	struct list old = mounts_known();
	struct mountpoint m;

	while (next_mount(&cursor, &m)) {
		const char *pinned = strstr(m.target, "/@mntns");

		if (pinned && (pinned[7] == '/' || pinned[7] == '\0'))
			continue;
		if (mounts_before ? !has(&old, JOIN(m.id, " ", JOIN(m.type, " ", m.root)))
				  : below(m.target, dir) || strstr(m.target, token) ||
					strstr(m.root, token))
			add(left,
				JOIN("mount ", "",
					JOIN(m.target, " of ", JOIN(m.type, " ", m.root))));
	}
	reset(&old);
	free(now);
}

/* Decodes the octal escapes of mountinfo. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && isdigit(s[1]) && isdigit(s[2]) && isdigit(s[3])) {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + s[3] - '0');
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* Unmounts what is mounted below DIR and, with -m FILE, every new mount; the last one first. */
static void unmount_all(void)
{
	char *now = slurp("/proc/self/mountinfo", NULL), *cursor = now;
	struct list targets = { 0 }, old = mounts_known();
	struct mountpoint m;

	while (next_mount(&cursor, &m))
		if (below(m.target, dir) ||
			(mounts_before && !has(&old, JOIN(m.id, " ", JOIN(m.type, " ", m.root)))))
			add(&targets, m.target);
	for (size_t i = targets.count; i-- > 0;) {
		unescape(targets.items[i]);
		umount2(targets.items[i], MNT_DETACH);
	}
	reset(&targets);
	reset(&old);
	free(now);
}

/* ---- cgroups ---- */

static void walk_cgroups(const char *path, const char *wanted, struct list *found)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		const char *child;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		child = JOIN(path, "/", e->d_name);
		walk_cgroups(child, wanted, found);
		if (!wanted || strstr(child, wanted))
			add(found, child); /* children first */
	}
	closedir(d);
}

static struct list cgroup_roots(void)
{
	char *now = slurp("/proc/self/mountinfo", NULL), *cursor = now;
	struct list roots = { 0 };
	struct mountpoint m;

	while (next_mount(&cursor, &m))
		if ((strcmp(m.type, "cgroup") == 0 || strcmp(m.type, "cgroup2") == 0) &&
			!below(m.target, dir ? dir : "/."))
			add(&roots, m.target);
	free(now);
	return roots;
}

static struct list our_cgroups(const char *wanted)
{
	struct list roots = cgroup_roots(), found = { 0 };

	for (size_t i = 0; i < roots.count; i++)
		walk_cgroups(roots.items[i], wanted, &found);
	reset(&roots);
	return found;
}

static void left_cgroups(struct list *left)
{
	struct list found = our_cgroups(token);

	for (size_t i = 0; i < found.count; i++) {
		const char *parent = strrchr(found.items[i], '/') + 1;

		/*
		 * The directories above an explicit cgroupsPath: runtimes create and never remove
		 * them.
		 */
		if (strcmp(parent, JOIN(token, "-parent", "")) == 0 && rmdir(found.items[i]) == 0)
			continue;
		if (!has(left,
			    JOIN("cgroup ", "",
				    found.items[i]))) /* the same hierarchy, mounted twice */
			add(left, JOIN("cgroup ", "", found.items[i]));
	}
	reset(&found);
}

/* ---- processes ---- */

/*
 * Returns field 22 of /proc/PID/stat, the start in ticks since boot. state: field 3, parent: field
 * 4.
 */
static unsigned long long start_of(const char *pid, char *state, int *parent)
{
	char *text = slurp(JOIN("/proc/", "", JOIN(pid, "/", "stat")), NULL);
	const char *rest = text ? strrchr(text, ')') : NULL;
	unsigned long long start = 0;

	if (rest && sscanf(rest, ") %c %d", state, parent) == 2) {
		for (int field = 2; rest && field < 22; field++)
			rest = strchr(rest + 1, ' ');
		start = rest ? strtoull(rest, NULL, 10) : 0;
	}
	free(text);
	return start;
}

static bool in_environment(const char *pid)
{
	size_t size = 0, length;
	char *text = slurp(JOIN("/proc/", "", JOIN(pid, "/", "environ")), &size), *p;
	const char *wanted = JOIN("HULL_TEST_ID=", "", token);
	bool found = false;

	for (p = text; !found && p && p < text + size; p += length + 1) {
		length = strlen(p);
		found = strncmp(p, wanted, strlen(wanted)) == 0;
	}
	free(text);
	return found;
}

static bool in_our_directory(const char *pid)
{
	struct stat theirs, ours;
	char *text, *cursor;
	struct mountpoint m;
	bool found = false;

	if (stat(JOIN("/proc/", "", JOIN(pid, "/", "ns/mnt")), &theirs) < 0 ||
		stat("/proc/self/ns/mnt", &ours) < 0)
		return false;
	if (theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev)
		return false;
	text = cursor = slurp(JOIN("/proc/", "", JOIN(pid, "/", "mountinfo")), NULL);
	while (text && !found && next_mount(&cursor, &m))
		found = below(m.root, dir) || below(m.target, dir);
	free(text);
	return found;
}

static bool in_our_cgroup(const char *pid)
{
	char *text = slurp(JOIN("/proc/", "", JOIN(pid, "/", "cgroup")), NULL);
	bool found = text && strstr(text, token);

	free(text);
	return found;
}

static struct list our_pids(void)
{
	struct list pids = { 0 };
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char state = 'Z';
		int parent, pid = atoi(e->d_name);
		unsigned long long start;

		if (pid <= 1 || pid == getpid() || pid == getppid() || pid == atoi(shell))
			continue;
		start = start_of(e->d_name, &state, &parent);
		/* kernel threads, zombies, and processes older than the test */
		if (!start || start < oldest || parent == 2 || state == 'Z' || state == 'X')
			continue;
		if (in_environment(e->d_name) || in_our_cgroup(e->d_name) ||
			in_our_directory(e->d_name))
			add(&pids, e->d_name);
	}
	if (d)
		closedir(d);
	return pids;
}

static void left_processes(struct list *left)
{
	struct list pids = our_pids();

	for (size_t i = 0; i < pids.count; i++) {
		size_t size = 0;
		char state = '?', about[64],
		     *line = slurp(JOIN("/proc/", "", JOIN(pids.items[i], "/", "cmdline")), &size);
		int parent = 0;

		for (size_t j = 0; line && j + 1 < size; j++)
			if (line[j] == '\0')
				line[j] = ' ';
		start_of(pids.items[i], &state, &parent);
		snprintf(about, sizeof(about), " [parent %d, state %c]", parent, state);
		add(left,
			JOIN("process ", "",
				JOIN(pids.items[i], ": ",
					JOIN(line && size ? line : "(no command line)", "",
						about))));
		free(line);
	}
	reset(&pids);
}

static void poke(const char *cgroup, const char *file, const char *value)
{
	int fd = open(JOIN(cgroup, "/", file), O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, value, strlen(value)) < 0)
			warn("%s/%s", cgroup, file);
		close(fd);
	}
}

/*
 * Kills until nothing is left to kill. A frozen process in cgroup v1 dies only after it is thawed.
 */
static void kill_all(void)
{
	for (int round = 0; round < 50; round++) {
		struct list pids = our_pids(), cgroups;

		if (pids.count == 0) {
			reset(&pids);
			return;
		}
		cgroups = our_cgroups(token);
		for (size_t i = 0; i < cgroups.count; i++) {
			poke(cgroups.items[i], "freezer.state", "THAWED");
			poke(cgroups.items[i], "cgroup.kill", "1");
		}
		for (size_t i = 0; i < pids.count; i++)
			kill(atoi(pids.items[i]), SIGKILL);
		reset(&cgroups);
		reset(&pids);
		usleep(20000);
	}
}

/* ---- files ---- */

typedef void name_function(struct list *out, const char *path, const struct dirent *e);

static void each_name(const char *path, name_function *f, struct list *out)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			f(out, path, e);
	if (d)
		closedir(d);
}

static void network_namespace(struct list *out, const char *path, const struct dirent *e)
{
	if (strstr(e->d_name, token))
		add(out, JOIN("network namespace ", "", JOIN(path, "/", e->d_name)));
}

static void unit(struct list *out, const char *path, const struct dirent *e)
{
	(void)path;
	if (strstr(e->d_name, token))
		add(out, JOIN("unit ", "", e->d_name));
}

static void state(struct list *out, const char *path, const struct dirent *e)
{
	if (e->d_name[0] != '@')
		add(out, JOIN("state ", "", JOIN(path, "/", e->d_name)));
}

static void in_bundle(struct list *out, const char *path, const struct dirent *e)
{
	if (e->d_name[0] == '.' || e->d_type == DT_FIFO)
		add(out, JOIN("file in the bundle ", "", JOIN(path, "/", e->d_name)));
}

static void anything(struct list *out, const char *path, const struct dirent *e)
{
	/* what is kept between containers is named hull: /run/hull, /sys/fs/bpf/hull-... */
	if (strncmp(e->d_name, "hull", 4) != 0 && strcmp(e->d_name, "netns") != 0)
		add(out, JOIN("file ", "", JOIN(path, "/", e->d_name)));
}

/* True for the cgroup of a system service, which may start and stop at any time. */
static bool of_the_system(const char *cgroup)
{
	static const char *const suffixes[] = { ".service", ".socket", ".timer", ".slice", ".mount",
		".swap" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const char *p = strstr(cgroup, suffixes[i]);

		if (p && (p[strlen(suffixes[i])] == '/' || p[strlen(suffixes[i])] == '\0'))
			return true;
	}
	return strstr(cgroup, "/init.scope") || strstr(cgroup, "/session-");
}

static void machine(struct list *out)
{
	static const char *const places[] = { "/run", "/run/netns", "/dev/shm", "/sys/class/net",
		"/sys/fs/bpf", "/var/lib" };
	struct list cgroups = our_cgroups(NULL);

	for (size_t i = 0; i < cgroups.count; i++)
		if (!of_the_system(cgroups.items[i]))
			add(out, JOIN("cgroup ", "", cgroups.items[i]));
	reset(&cgroups);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		each_name(places[i], anything, out);
}

static void left_on_machine(struct list *left)
{
	struct list old = { 0 }, now = { 0 };
	char *before = slurp(machine_before, NULL), *cursor = before, *line;

	while (before && (line = strsep(&cursor, "\n")))
		add(&old, line);
	machine(&now);
	for (size_t i = 0; i < now.count; i++)
		if (!has(&old, now.items[i]) && !has(left, now.items[i]))
			add(left, now.items[i]);
	reset(&old);
	reset(&now);
	free(before);
}

/* ---- the commands ---- */

static struct list look(void)
{
	struct list left = { 0 };
	char user[64];

	left_processes(&left);
	left_cgroups(&left);
	left_mounts(&left);
	each_name("/run/netns", network_namespace, &left);
	each_name("/run/systemd/transient", unit, &left);
	snprintf(user, sizeof(user), "/run/user/%u/systemd/transient", getuid());
	each_name(user, unit, &left);
	if (state_root)
		each_name(state_root, state, &left);
	if (bundle)
		each_name(bundle, in_bundle, &left);
	if (machine_before)
		left_on_machine(&left);
	return left;
}

static int check(double seconds)
{
	struct timespec now, end;
	struct list left;
	bool found;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += (long)((seconds - (int)seconds) * 1e9);
	end.tv_sec += (int)seconds + end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	for (;;) {
		left = look();
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (left.count == 0 || now.tv_sec > end.tv_sec ||
			(now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec))
			break;
		reset(&left);
		usleep(20000);
	}
	for (size_t i = 0; i < left.count; i++)
		puts(left.items[i]);
	found = left.count > 0;
	reset(&left);
	return found;
}

static int remove_all(void)
{
	struct list cgroups, names = { 0 };

	kill_all();
	cgroups = our_cgroups(token);
	for (int round = 0; cgroups.count && round < 50; round++) {
		bool busy = false;

		for (size_t i = 0; i < cgroups.count; i++)
			if (rmdir(cgroups.items[i]) < 0 && errno == EBUSY)
				busy = true;
		if (!busy)
			break;
		usleep(20000); /* dying processes are still in it */
	}
	each_name("/run/netns", network_namespace, &names);
	for (size_t i = 0; i < names.count; i++) {
		const char *path = strchr(names.items[i], '/');

		umount2(path, MNT_DETACH);
		unlink(path);
	}
	unmount_all();
	reset(&names);
	return 0;
}

static int watch(double seconds)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, atoi(shell), 0), .events = POLLIN };
	struct list left = { 0 };

	if (p.fd < 0)
		err(2, "process %s", shell);
	if (poll(&p, 1, (int)(seconds * 1000)) != 0)
		return 0;
	left_processes(&left);
	for (size_t i = 0; i < left.count; i++)
		puts(left.items[i]);
	fflush(stdout);
	reset(&left);
	kill_all();
	return 1;
}

static int snapshot(const char *file, bool everything)
{
	struct list now = { 0 };
	FILE *f = fopen(file, "we");
	char *mounts;

	if (!f)
		err(2, "%s", file);
	if (everything) {
		machine(&now);
		for (size_t i = 0; i < now.count; i++)
			fprintf(f, "%s\n", now.items[i]);
	} else {
		mounts = slurp("/proc/self/mountinfo", NULL);
		fputs(mounts ? mounts : "", f);
	}
	return fclose(f) ? 2 : 0;
}

/*
 * Whatever is found here is killed, unmounted and removed. An empty or general name would apply to
 * the whole machine.
 */
static bool is_a_tests(const char *t, const char *d)
{
	size_t hex = strspn(t + (strncmp(t, "ht", 2) == 0 ? 2 : 0), "0123456789abcdef");
	const char *second = d[0] == '/' ? strchr(d + 1, '/') : NULL;
	struct stat st;

	return strncmp(t, "ht", 2) == 0 && hex >= 6 && second && second[1] && stat(d, &st) == 0 &&
		S_ISDIR(st.st_mode);
}

int main(int argc, char **argv)
{
	bool everything = false;
	double seconds = 0;
	char ignored;
	int opt, unused;

	while ((opt = getopt(argc, argv, "+p:m:x:Xt:r:b:")) != -1) {
		switch (opt) {
		case 'p': shell = optarg; break;
		case 'm': mounts_before = optarg; break;
		case 'x': machine_before = optarg; break;
		case 'X': everything = true; break;
		case 't': seconds = atof(optarg); break;
		case 'r': state_root = optarg; break;
		case 'b': bundle = optarg; break;
		default: return 2;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc == 2 && strcmp(argv[0], "snapshot") == 0)
		return snapshot(argv[1], everything);
	if (!shell || argc != 3 ||
		(strcmp(argv[0], "check") != 0 && strcmp(argv[0], "remove") != 0 &&
			strcmp(argv[0], "watch") != 0)) {
		fputs("usage: leftovers [-X] snapshot FILE\n"
		      "       leftovers -p PID [-m FILE] [-x FILE] [-t SECONDS] [-r ROOT] [-b "
		      "BUNDLE] check TOKEN DIR\n"
		      "       leftovers -p PID [-m FILE] remove TOKEN DIR\n"
		      "       leftovers -p PID -t SECONDS watch TOKEN DIR\n",
			stderr);
		return 2;
	}
	token = argv[1];
	dir = argv[2];
	if (!is_a_tests(token, dir))
		errx(2, "not a test's token and directory: '%s' '%s'", token, dir);
	oldest = start_of(shell, &ignored, &unused);
	if (!oldest)
		errx(2, "can't tell the age of process %s", shell);
	switch (argv[0][0]) {
	case 'c': return check(seconds);
	case 'w': return watch(seconds);
	default: return remove_all();
	}
}
