/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/criu/images.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "linux/criu/criu_images.h"
#include "linux/mount/mountinfo.h"

#define RECORD "hull.json"
#define DESCRIPTORS "descriptors.json"

static bool is_of_container(const mount_entries *entries, uint64_t id)
{
	for (size_t i = 0; i < entries->n; i++)
		if (entries->v[i].id == id)
			return true;
	return false;
}

static uint64_t mount_of_file(pid_t pid, int fd)
{
	cleanup_buf struct buf text = { 0 };
	char path[48];
	const char *line;

	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, fd);
	line = file_read(AT_FDCWD, path, &text, NULL) < 0 ? NULL : strstr(text.data, "mnt_id:");
	return line == NULL ? 0 : strtoull(line + strlen("mnt_id:"), NULL, 10);
}

/*
 * Returns CRIU's name for a stream that another descriptor can replace: a pipe, or a file on a
 * mount outside the container; "" for others. CRIU handles terminals itself.
 */
static const char *stream_key(
	struct criu_job *job, pid_t pid, int fd, const char *link, const mount_entries *entries)
{
	uint64_t id = mount_of_file(pid, fd);
	struct stat st;
	char path[48];

	if (strncmp(link, "pipe:", 5) == 0)
		return link;
	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	if (link[0] != '/' || strncmp(link, "/dev/pts/", 9) == 0 ||
		strncmp(link, "/dev/tty", 8) == 0 || stat(path, &st) < 0 ||
		is_of_container(entries, id))
		return "";
	return arena_printf(&job->arena, "file[%x:%lx]", (unsigned)id, (unsigned long)st.st_ino);
}

static const char *stream_link(struct criu_job *job, pid_t pid, int fd)
{
	char path[48], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	len = readlink(path, target, sizeof target);
	return len < 0 ? "" : arena_strndup(&job->arena, target, (size_t)len);
}

int criu_job_write_record(struct criu_job *job, pid_t init, struct error *err)
{
	const char **keys = arena_alloc(&job->arena, 3 * sizeof *keys);
	struct json_writer *links = json_writer_new(0);
	cleanup_buf struct buf text = { 0 }, descriptors = { 0 };
	mount_entries entries;

	if (mountinfo_read_of(&job->arena, init, &entries, err) < 0)
		entries.n = 0;
	json_array_open(links);
	for (int fd = 0; fd < 3; fd++) {
		const char *link = stream_link(job, init, fd);

		json_string(links, link);
		keys[fd] = stream_key(job, init, fd, link, &entries);
	}
	json_array_close(links);
	json_writer_finish(links, &descriptors);
	job->record.streams.v = keys;
	job->record.streams.n = 3;
	json_encode(&text, &record_table, &job->record, 0);
	if (file_replace(job->images_fd, DESCRIPTORS, descriptors.data, descriptors.len, 0600,
		    err) < 0 ||
		file_replace(job->images_fd, RECORD, text.data, text.len, 0600, err) < 0)
		return error_prefix(err, "--image-path %s", job->images_path);
	return 0;
}

static const struct explanation record_rows[] = {
	{ ENOENT, NULL, NULL, "there is no finished checkpoint of hull's" },
	EXPLANATIONS_END,
};

int criu_job_read_record(struct criu_job *job, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	struct json_source source = { RECORD };

	if (file_read(job->images_fd, RECORD, &text, err) < 0) {
		error_prefix(err, "--image-path %s", job->images_path);
		return explain(record_rows, NULL, NULL, err);
	}
	source.text = text.data;
	source.len = text.len;
	if (json_decode(&job->arena, &source, &record_table, &job->record, err) < 0)
		return error_prefix(err, "--image-path %s", job->images_path);
	for (size_t i = 0; i < job->record.mounts.n; i++)
		if (job->record.mounts.v[i].within == NULL)
			job->record.mounts.v[i].within = "";
	return 0;
}

static int read_image(
	const struct criu_job *job, const char *name, struct buf *image, struct error *err)
{
	return file_read(job->images_fd, name, image, err) < 0
		? error_prefix(err, "--image-path %s", job->images_path)
		: 0;
}

static int write_image(
	const struct criu_job *job, const char *name, const struct buf *image, struct error *err)
{
	return file_replace(job->images_fd, name, image->data, image->len, 0644, err);
}

static int not_understood(const struct criu_job *job, const char *name, struct error *err)
{
	return error_set(err, EPROTO, "read the image %s/%s", job->images_path, name);
}

static int loosen_streams(struct criu_job *job, struct error *err)
{
	cleanup_buf struct buf image = { 0 }, edited = { 0 };
	const char name[] = "files.img";

	if (read_image(job, name, &image, err) < 0)
		return -1;
	if (criu_images_loosen(&edited, image.data, image.len, &job->record.streams) < 0)
		return not_understood(job, name, err);
	return write_image(job, name, &edited, err);
}

/* Finds the images of mounts, one per mount namespace in the container. */
static int find_mount_images(struct criu_job *job, string_list *names, struct error *err)
{
	int fd = openat(job->images_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL)
		return error_errno(err, "open %s", job->images_path);
	while ((entry = readdir(directory)) != NULL) {
		if (strncmp(entry->d_name, "mountpoints-", 12) != 0)
			continue;
		*LIST_ADD(&job->arena, names) = arena_strdup(&job->arena, entry->d_name);
	}
	closedir(directory);
	return 0;
}

static int cut_mounts(struct criu_job *job, struct error *err)
{
	string_list names = { 0 };
	peer_groups groups = { 0 };

	if (find_mount_images(job, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_buf struct buf image = { 0 };

		if (read_image(job, names.v[i], &image, err) < 0)
			return -1;
		if (criu_images_groups(image.data, image.len, &job->arena, &groups) < 0)
			return not_understood(job, names.v[i], err);
	}
	for (size_t i = 0; i < names.n; i++) {
		cleanup_buf struct buf image = { 0 }, edited = { 0 };

		if (read_image(job, names.v[i], &image, err) < 0)
			return -1;
		if (criu_images_cut(&edited, image.data, image.len, &groups) < 0)
			return not_understood(job, names.v[i], err);
		if (write_image(job, names.v[i], &edited, err) < 0)
			return -1;
	}
	return 0;
}

int criu_job_edit_images(struct criu_job *job, struct error *err)
{
	if (job->settings->pre_dump)
		return 0;
	return loosen_streams(job, err) < 0 ? -1 : cut_mounts(job, err);
}

/* Not by d_type, which some file systems leave DT_UNKNOWN; `parent` is a symlink to a directory. */
static bool is_regular(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int criu_job_share_images(struct criu_job *job, struct error *err)
{
	int fd = openat(job->images_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL)
		return error_errno(err, "--image-path: open %s", job->images_path);
	while (result == 0 && (entry = readdir(directory)) != NULL)
		if (is_regular(job->images_fd, entry->d_name) &&
			fchmodat(job->images_fd, entry->d_name, 0644, 0) < 0)
			result = error_errno(err, "--image-path: make %s readable", entry->d_name);
	closedir(directory);
	return result;
}

/* Doesn't remove a directory with CRIU's log, which the error names. */
void criu_job_discard(struct criu_job *job)
{
	static const char *const ours[] = { RECORD, DESCRIPTORS };

	if (!job->dump || job->images_fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		unlinkat(job->images_fd, ours[i], 0);
	if (!job->made_directories)
		return;
	rmdir(job->work_path);
	rmdir(job->images_path);
}
