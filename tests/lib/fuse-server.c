/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse-server [-i | -p] DIR: mounts a filesystem in user space at DIR (files in memory, nothing
 * else), and serves it until it is unmounted. -i: allows ID-mapped mounts, if the kernel supports
 * them (6.12). -p: private, only user 65534 may enter. Returns after mounting; the server continues
 * in the background.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/fuse.h>

#ifndef FUSE_INIT_EXT
#define FUSE_INIT_EXT (1 << 30)
#endif
#define ALLOW_IDMAP (1U << (40 - 32)) /* FUSE_ALLOW_IDMAP, in flags2 */

enum { NODES = 256, WRITE_MAX = 65536 };

static struct node {
	uint64_t parent;
	char name[256]; /* "": gone */
	struct fuse_attr attr;
	char *data;
} nodes[NODES];
static uint64_t used = FUSE_ROOT_ID;
static int device;
static bool idmap;

static void reply(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	struct fuse_out_header out = {
		.len = (uint32_t)(sizeof out + len), .error = -error, .unique = in->unique
	};
	struct iovec parts[] = { { &out, sizeof out }, { (void *)(uintptr_t)data, len } };

	/* ENOENT: the request was interrupted meanwhile */
	if (writev(device, parts, 2) < 0 && errno != ENOENT)
		err(1, "answer");
}

static void reply_entry(const struct fuse_in_header *in, uint64_t id)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} both = { .entry = { .nodeid = id, .attr = nodes[id].attr } };

	reply(in, 0, &both, in->opcode == FUSE_CREATE ? sizeof both : sizeof both.entry);
}

static uint64_t find(uint64_t parent, const char *name)
{
	for (uint64_t id = FUSE_ROOT_ID; id <= used; id++)
		if (nodes[id].parent == parent && nodes[id].name[0] != '\0' &&
			strcmp(nodes[id].name, name) == 0)
			return id;
	return 0;
}

static void make(const struct fuse_in_header *in, const char *name, uint32_t mode)
{
	struct node *node = &nodes[used + 1];

	if (find(in->nodeid, name) != 0) {
		reply(in, EEXIST, NULL, 0);
	} else if (used + 1 == NODES) {
		reply(in, ENOSPC, NULL, 0);
	} else {
		used++;
		node->parent = in->nodeid;
		snprintf(node->name, sizeof node->name, "%s", name);
		node->attr = (struct fuse_attr){
			.ino = used, .mode = mode, .nlink = 1, .uid = in->uid, .gid = in->gid
		};
		reply_entry(in, used);
	}
}

static void resize(struct node *node, uint64_t size)
{
	char *data = realloc(node->data, size + 1);

	if (data == NULL)
		err(1, "memory");
	if (size > node->attr.size)
		memset(data + node->attr.size, 0, size - node->attr.size);
	node->data = data;
	node->attr.size = size;
	node->attr.blocks = (size + 511) / 512;
}

static void set_attributes(const struct fuse_in_header *in, const struct fuse_setattr_in *set)
{
	struct node *node = &nodes[in->nodeid];
	struct fuse_attr_out out = { 0 };

	if (set->valid & FATTR_MODE)
		node->attr.mode = (node->attr.mode & S_IFMT) | (set->mode & ~S_IFMT);
	if (set->valid & FATTR_UID)
		node->attr.uid = set->uid;
	if (set->valid & FATTR_GID)
		node->attr.gid = set->gid;
	if (set->valid & FATTR_SIZE)
		resize(node, set->size);
	out.attr = node->attr;
	reply(in, 0, &out, sizeof out);
}

static void write_data(const struct fuse_in_header *in, const struct fuse_write_in *what)
{
	struct node *node = &nodes[in->nodeid];
	struct fuse_write_out out = { .size = what->size };

	if (what->offset + what->size > node->attr.size)
		resize(node, what->offset + what->size);
	memcpy(node->data + what->offset, what + 1, what->size);
	reply(in, 0, &out, sizeof out);
}

static void read_data(const struct fuse_in_header *in, const struct fuse_read_in *what)
{
	const struct node *node = &nodes[in->nodeid];
	uint64_t left = what->offset < node->attr.size ? node->attr.size - what->offset : 0;

	reply(in, 0, left > 0 ? node->data + what->offset : NULL,
		left < what->size ? left : what->size);
}

/* The offset of an entry is the id of its node. */
static void read_directory(const struct fuse_in_header *in, const struct fuse_read_in *what)
{
	static _Alignas(8) char out[WRITE_MAX];
	size_t len = 0;

	for (uint64_t id = what->offset + 1; id <= used; id++) {
		struct fuse_dirent *entry = (struct fuse_dirent *)(void *)(out + len);
		size_t name = strlen(nodes[id].name),
		       size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + name);

		if (nodes[id].parent != in->nodeid || name == 0)
			continue;
		if (len + size > what->size || len + size > sizeof out)
			break;
		*entry = (struct fuse_dirent){ .ino = id,
			.off = id,
			.namelen = (uint32_t)name,
			.type = nodes[id].attr.mode >> 12 };
		memcpy(entry->name, nodes[id].name, name);
		len += size;
	}
	reply(in, 0, out, len);
}

static void begin(const struct fuse_in_header *in, const struct fuse_init_in *init)
{
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = init->max_readahead,
		.max_write = WRITE_MAX,
		.time_gran = 1 };

	if (idmap && init->flags & FUSE_INIT_EXT && init->flags2 & ALLOW_IDMAP) {
		out.flags = FUSE_INIT_EXT;
		out.flags2 = ALLOW_IDMAP;
	}
	reply(in, 0, &out, sizeof out);
}

/* FUSE_LOOKUP, FUSE_UNLINK, FUSE_RMDIR */
static void look_up(const struct fuse_in_header *in, const char *name)
{
	uint64_t id = find(in->nodeid, name);

	if (id == 0) {
		reply(in, ENOENT, NULL, 0);
	} else if (in->opcode == FUSE_LOOKUP) {
		reply_entry(in, id);
	} else {
		nodes[id].name[0] = '\0';
		reply(in, 0, NULL, 0);
	}
}

static void serve(const struct fuse_in_header *in)
{
	static const struct fuse_open_out opened;
	static const struct fuse_statfs_out filesystem = {
		.st = { .bsize = 4096, .frsize = 4096, .namelen = 255 }
	};
	struct fuse_attr_out attributes = { 0 };
	const void *data = in + 1;

	switch (in->opcode) {
	case FUSE_INIT: begin(in, data); return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: return;
	case FUSE_LOOKUP:
	case FUSE_UNLINK:
	case FUSE_RMDIR: look_up(in, data); return;
	case FUSE_GETATTR:
		attributes.attr = nodes[in->nodeid].attr;
		reply(in, 0, &attributes, sizeof attributes);
		return;
	case FUSE_SETATTR: set_attributes(in, data); return;
	case FUSE_MKNOD:
		make(in, (const char *)data + sizeof(struct fuse_mknod_in),
			((const struct fuse_mknod_in *)data)->mode);
		return;
	case FUSE_MKDIR:
		make(in, (const char *)data + sizeof(struct fuse_mkdir_in),
			S_IFDIR | ((const struct fuse_mkdir_in *)data)->mode);
		return;
	case FUSE_CREATE:
		make(in, (const char *)data + sizeof(struct fuse_create_in),
			((const struct fuse_create_in *)data)->mode);
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR: reply(in, 0, &opened, sizeof opened); return;
	case FUSE_READ: read_data(in, data); return;
	case FUSE_WRITE: write_data(in, data); return;
	case FUSE_READDIR: read_directory(in, data); return;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
	case FUSE_FSYNC: reply(in, 0, NULL, 0); return;
	case FUSE_STATFS: reply(in, 0, &filesystem, sizeof filesystem); return;
	default: reply(in, ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static _Alignas(8) char request[WRITE_MAX + 4096];
	char options[128];
	bool private = argc == 3 && strcmp(argv[1], "-p") == 0;
	ssize_t len;

	idmap = argc == 3 && strcmp(argv[1], "-i") == 0;
	if (argc != 2 + (idmap || private))
		errx(2, "usage: fuse-server [-i | -p] DIR");
	nodes[FUSE_ROOT_ID] = (struct node){ .name = "/",
		.attr = { .ino = FUSE_ROOT_ID, .mode = S_IFDIR | 0755, .nlink = 2 } };
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(1, "/dev/fuse");
	/* the kernel requires default_permissions for ID-mapped mounts */
	snprintf(options, sizeof options,
		private ? "fd=%d,rootmode=40755,user_id=65534,group_id=65534"
			: "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other,"
			  "default_permissions",
		device);
	if (mount("hull-test", argv[argc - 1], "fuse", MS_NOSUID, options) < 0)
		err(1, "mount %s", argv[argc - 1]);
	if (daemon(0, 0) < 0)
		err(1, "daemon");
	while ((len = read(device, request, sizeof request)) > 0 || errno == EINTR ||
		errno == ENOENT)
		if (len > 0)
			serve((const struct fuse_in_header *)(const void *)request);
	return errno != ENODEV; /* unmounted */
}
