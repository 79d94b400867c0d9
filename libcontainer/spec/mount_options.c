/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/mount_options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/sys.h"

/* How access times are updated; values of struct mount_state, 0: not set. */
enum access { ACCESS_RELATIME = 1, ACCESS_NOATIME, ACCESS_STRICTATIME };

/* Flags of the whole filesystem, with the new mount API's names. */
enum superblock {
	SUPERBLOCK_RO = 1 << 0,
	SUPERBLOCK_SYNC = 1 << 1,
	SUPERBLOCK_DIRSYNC = 1 << 2,
	SUPERBLOCK_MAND = 1 << 3,
	SUPERBLOCK_LAZYTIME = 1 << 4,
	SUPERBLOCK_IVERSION = 1 << 5,
};

#define SWITCH(member) (1 + offsetof(struct mount_options, member))

struct option {
	const char *name;
	bool recursive;      /* the next four apply to all mounts of the tree */
	uint32_t set, clear; /* MOUNT_ATTR_ flags */
	enum access access, not_access;
	unsigned long propagation;
	unsigned super_set, super_clear; /* SUPERBLOCK_ flags */
	size_t switches[2];              /* bools of struct mount_options to set */
};

/*
 * Sorted by name. silent and loud do nothing: the new mount API's messages go to the filesystem
 * context, not to the kernel's log. `defaults` stands for everything not specified, as in mount(8).
 * z and Z are for the engine, which has relabelled the source (SELinux); buildah passes them on.
 */
static const struct option options[] = {
	{ "Z" },
	{ "async", .super_clear = SUPERBLOCK_SYNC },
	{ "atime", .not_access = ACCESS_NOATIME },
	{ "bind", .switches = { SWITCH(bind) } },
	{ "copy-symlink", .switches = { SWITCH(copy_symlink) } },
	{ "defaults" },
	{ "dest-nofollow", .switches = { SWITCH(dest_nofollow) } },
	{ "dev", .clear = MOUNT_ATTR_NODEV },
	{ "diratime", .clear = MOUNT_ATTR_NODIRATIME },
	{ "dirsync", .super_set = SUPERBLOCK_DIRSYNC },
	{ "exec", .clear = MOUNT_ATTR_NOEXEC },
	{ "idmap", .switches = { SWITCH(idmap) } },
	{ "iversion", .super_set = SUPERBLOCK_IVERSION },
	{ "lazytime", .super_set = SUPERBLOCK_LAZYTIME },
	{ "loud" },
	{ "mand", .super_set = SUPERBLOCK_MAND },
	{ "noatime", .access = ACCESS_NOATIME },
	{ "nodev", .set = MOUNT_ATTR_NODEV },
	{ "nodiratime", .set = MOUNT_ATTR_NODIRATIME },
	{ "noexec", .set = MOUNT_ATTR_NOEXEC },
	{ "noiversion", .super_clear = SUPERBLOCK_IVERSION },
	{ "nolazytime", .super_clear = SUPERBLOCK_LAZYTIME },
	{ "nomand", .super_clear = SUPERBLOCK_MAND },
	{ "norelatime", .not_access = ACCESS_RELATIME },
	{ "nostrictatime", .not_access = ACCESS_STRICTATIME },
	{ "nosuid", .set = MOUNT_ATTR_NOSUID },
	{ "nosymfollow", .set = MOUNT_ATTR_NOSYMFOLLOW },
	{ "private", .propagation = MS_PRIVATE },
	{ "ratime", .recursive = true, .not_access = ACCESS_NOATIME },
	{ "rbind", .switches = { SWITCH(bind), SWITCH(recursive_bind) } },
	{ "rdev", .recursive = true, .clear = MOUNT_ATTR_NODEV },
	{ "rdiratime", .recursive = true, .clear = MOUNT_ATTR_NODIRATIME },
	{ "relatime", .access = ACCESS_RELATIME },
	{ "remount", .switches = { SWITCH(remount) } },
	{ "rexec", .recursive = true, .clear = MOUNT_ATTR_NOEXEC },
	{ "ridmap", .switches = { SWITCH(idmap), SWITCH(recursive_idmap) } },
	{ "rnoatime", .recursive = true, .access = ACCESS_NOATIME },
	{ "rnodev", .recursive = true, .set = MOUNT_ATTR_NODEV },
	{ "rnodiratime", .recursive = true, .set = MOUNT_ATTR_NODIRATIME },
	{ "rnoexec", .recursive = true, .set = MOUNT_ATTR_NOEXEC },
	{ "rnorelatime", .recursive = true, .not_access = ACCESS_RELATIME },
	{ "rnostrictatime", .recursive = true, .not_access = ACCESS_STRICTATIME },
	{ "rnosuid", .recursive = true, .set = MOUNT_ATTR_NOSUID },
	{ "rnosymfollow", .recursive = true, .set = MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro", .set = MOUNT_ATTR_RDONLY, .super_set = SUPERBLOCK_RO },
	{ "rprivate", .propagation = MS_REC | MS_PRIVATE },
	{ "rrelatime", .recursive = true, .access = ACCESS_RELATIME },
	{ "rro", .recursive = true, .set = MOUNT_ATTR_RDONLY },
	{ "rrw", .recursive = true, .clear = MOUNT_ATTR_RDONLY },
	{ "rshared", .propagation = MS_REC | MS_SHARED },
	{ "rslave", .propagation = MS_REC | MS_SLAVE },
	{ "rstrictatime", .recursive = true, .access = ACCESS_STRICTATIME },
	{ "rsuid", .recursive = true, .clear = MOUNT_ATTR_NOSUID },
	{ "rsymfollow", .recursive = true, .clear = MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable", .propagation = MS_REC | MS_UNBINDABLE },
	{ "rw", .clear = MOUNT_ATTR_RDONLY, .super_clear = SUPERBLOCK_RO },
	{ "shared", .propagation = MS_SHARED },
	{ "silent" },
	{ "slave", .propagation = MS_SLAVE },
	{ "src-nofollow", .switches = { SWITCH(src_nofollow) } },
	{ "strictatime", .access = ACCESS_STRICTATIME },
	{ "suid", .clear = MOUNT_ATTR_NOSUID },
	{ "symfollow", .clear = MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync", .super_set = SUPERBLOCK_SYNC },
	{ "tmpcopyup", .switches = { SWITCH(tmpcopyup) } },
	{ "unbindable", .propagation = MS_UNBINDABLE },
	{ "z" },
};

enum { OPTIONS = ARRAY_SIZE(options) };

/* Collected from all options before struct mount_options can be filled in. */
struct mount_state {
	struct {
		uint64_t set, clear;
		enum access access;
	} own, recursive;
	unsigned super_set, super_clear;
};

static int option_compare(const void *name, const void *option)
{
	return strcmp(name, ((const struct option *)option)->name);
}

static void option_apply(
	const struct option *option, struct mount_state *state, struct mount_options *out)
{
	uint64_t *set = option->recursive ? &state->recursive.set : &state->own.set;
	uint64_t *clear = option->recursive ? &state->recursive.clear : &state->own.clear;
	enum access *access = option->recursive ? &state->recursive.access : &state->own.access;

	*set = (*set | option->set) & ~(uint64_t)option->clear;
	*clear = (*clear | option->clear) & ~(uint64_t)option->set;
	if (option->access != 0)
		*access = option->access;
	else if (option->not_access != 0 && (*access == 0 || *access == option->not_access))
		*access = option->not_access == ACCESS_RELATIME
			? 0
			: ACCESS_RELATIME; /* the kernel's default */
	if (option->propagation != 0)
		out->propagation = option->propagation;
	state->super_set = (state->super_set | option->super_set) & ~option->super_clear;
	state->super_clear = (state->super_clear | option->super_clear) & ~option->super_set;
	for (size_t i = 0; i < 2 && option->switches[i] != 0; i++)
		*(bool *)((char *)out + option->switches[i] - 1) = true;
}

/*
 * MOUNT_ATTR__ATIME is a field of several bits: clear all of it to set a value (mount_setattr(2)).
 */
static void access_apply(enum access access, uint64_t *set, uint64_t *clear)
{
	static const uint64_t modes[] = {
		[ACCESS_RELATIME] = MOUNT_ATTR_RELATIME,
		[ACCESS_NOATIME] = MOUNT_ATTR_NOATIME,
		[ACCESS_STRICTATIME] = MOUNT_ATTR_STRICTATIME,
	};

	if (access == 0)
		return;
	*set |= modes[access];
	*clear |= MOUNT_ATTR__ATIME;
}

/* A new filesystem starts without these flags, so only a remount says which ones to clear. */
static void superblock_apply(struct arena *arena, const struct oci_mount *mount,
	const struct mount_state *state, struct mount_options *out)
{
	static const struct {
		unsigned flag;
		const char *on, *off;
	} names[] = {
		{ SUPERBLOCK_RO, "ro", "rw" },
		{ SUPERBLOCK_SYNC, "sync", "async" },
		{ SUPERBLOCK_DIRSYNC, "dirsync", NULL },
		{ SUPERBLOCK_MAND, "mand", "nomand" },
		{ SUPERBLOCK_LAZYTIME, "lazytime", "nolazytime" },
		{ SUPERBLOCK_IVERSION, "i_version", NULL },
	};
	unsigned set = state->super_set, clear = out->remount ? state->super_clear : 0;

	/* ext4 has an option for it; other filesystems count versions always or never. */
	if (mount->type == NULL || strcmp(mount->type, "ext4") != 0)
		set &= ~(unsigned)SUPERBLOCK_IVERSION;
	if (set == 0 && clear == 0)
		return;
	out->superblock.v = arena_alloc(arena, ARRAY_SIZE(names) * sizeof *out->superblock.v);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (set & names[i].flag)
			out->superblock.v[out->superblock.n++] = names[i].on;
		else if ((clear & names[i].flag) && names[i].off != NULL)
			out->superblock.v[out->superblock.n++] = names[i].off;
	}
}

/* ---- options of the filesystem ---- */

void mount_options_add_data(
	struct arena *arena, struct mount_options *out, const char *key, const char *value)
{
	struct string_pair *old = out->data.v;
	size_t n = out->data.n;

	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) { /* capacity is 4, 8, 16, ... */
		out->data.v = arena_alloc(arena, (n < 4 ? 4 : n * 2) * sizeof *old);
		if (n > 0)
			memcpy(out->data.v, old, n * sizeof *old);
	}
	out->data.v[out->data.n++] = (struct string_pair){ key, value };
}

const struct string_pair *mount_options_data(const struct mount_options *of, const char *key)
{
	for (size_t i = 0; i < of->data.n; i++)
		if (strcmp(of->data.v[i].key, key) == 0)
			return &of->data.v[i];
	return NULL;
}

bool mount_option_is_label(const char *key)
{
	static const char *const names[] = { "context", "fscontext", "defcontext", "rootcontext" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return false;
}

/*
 * An element may contain several options, as for mount(2), separated by commas, except in quotes
 * (SELinux contexts) or after a backslash (overlayfs paths). fsconfig(2) wants values without the
 * quotes.
 */
static void data_parse(struct arena *arena, const char *text, struct mount_options *out)
{
	while (*text != '\0') {
		const char *end = text;
		bool quoted = false;
		char *key, *value;
		size_t len;

		for (; *end != '\0' && (quoted || *end != ','); end++) {
			if (*end == '"')
				quoted = !quoted;
			else if (*end == '\\' && end[1] != '\0')
				end++;
		}
		if (end > text) {
			key = arena_strndup(arena, text, (size_t)(end - text));
			value = strchr(key, '=');
			if (value != NULL) {
				*value++ = '\0';
				len = strlen(value);
				if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
					value[len - 1] = '\0';
					value++;
				}
			}
			mount_options_add_data(arena, out, key, value);
		}
		text = *end == ',' ? end + 1 : end;
	}
}

/* ---- idmap=uids=FROM-TO-SIZE#...;gids=... ---- */

static bool number_parse(const char **p, char end, uint32_t *value)
{
	char *rest;
	uintmax_t number;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	number = strtoumax(*p, &rest, 10);
	if (errno != 0 || number > UINT32_MAX || (end != '\0' && *rest != end))
		return false;
	*value = (uint32_t)number;
	*p = rest + (end != '\0');
	return true;
}

/* Parses "0-1-10#@10-11-10" up to ';' or the end. Returns the rest, or NULL. */
static const char *mappings_parse(
	struct arena *arena, const char *p, oci_id_mappings *mappings, bool **relative)
{
	size_t n = 1;

	for (const char *c = p; *c != '\0' && *c != ';'; c++)
		n += *c == '#';
	mappings->v = arena_alloc(arena, n * sizeof *mappings->v);
	mappings->n = n;
	*relative = arena_alloc(arena, n * sizeof **relative);
	for (size_t i = 0; i < n; i++) {
		struct oci_id_mapping *mapping = &mappings->v[i];

		(*relative)[i] = *p == '@';
		p += *p == '@';
		if (!number_parse(&p, '-', &mapping->container_id) ||
			!number_parse(&p, '-', &mapping->host_id) ||
			!number_parse(&p, i + 1 < n ? '#' : '\0', &mapping->size) ||
			mapping->size == 0 || mapping->size > UINT32_MAX - mapping->container_id ||
			mapping->size > UINT32_MAX - mapping->host_id)
			return NULL;
	}
	return *p == ';' ? p + 1 : *p == '\0' ? p : NULL;
}

static bool idmap_parse(struct arena *arena, const char *p, struct mount_options *out)
{
	while (p != NULL && *p != '\0') {
		if (strncmp(p, "uids=", 5) == 0)
			p = mappings_parse(arena, p + 5, &out->uid_mappings, &out->uid_is_relative);
		else if (strncmp(p, "gids=", 5) == 0)
			p = mappings_parse(arena, p + 5, &out->gid_mappings, &out->gid_is_relative);
		else
			return false;
	}
	return p != NULL && out->uid_mappings.n > 0 && out->gid_mappings.n > 0;
}

/*
 * Replaces lines whose host IDs are container IDs by lines with the host's; a line that spans
 * several lines of the container's map becomes several.
 */
static int mappings_resolve(struct arena *arena, oci_id_mappings *mappings, const bool *relative,
	const oci_id_mappings *container, const char *property, struct error *err)
{
	oci_id_mappings resolved = { 0 };

	if (relative == NULL)
		return 0;
	for (size_t i = 0; i < mappings->n; i++)
		resolved.n += relative[i] ? container->n : 1;
	resolved.v = arena_alloc(arena, resolved.n * sizeof *resolved.v);
	resolved.n = 0;
	for (size_t i = 0; i < mappings->n; i++) {
		struct oci_id_mapping rest = mappings->v[i];

		while (relative[i] && rest.size > 0) {
			const struct oci_id_mapping *line = container->v,
						    *end = line + container->n;
			uint32_t skip, size;

			while (line < end &&
				(rest.host_id < line->container_id ||
					rest.host_id - line->container_id >= line->size))
				line++;
			if (line == end)
				return error_set(err, 0, "idmap: %u has no mapping in %s",
					rest.host_id, property);
			skip = rest.host_id - line->container_id;
			size = line->size - skip < rest.size ? line->size - skip : rest.size;
			resolved.v[resolved.n++] = (struct oci_id_mapping){ rest.container_id,
				line->host_id + skip, size };
			rest.container_id += size;
			rest.host_id += size;
			rest.size -= size;
		}
		if (!relative[i])
			resolved.v[resolved.n++] = rest;
	}
	*mappings = resolved;
	return 0;
}

int mount_options_resolve(struct arena *arena, const char *pointer, struct mount_options *out,
	const oci_id_mappings *uid_mappings, const oci_id_mappings *gid_mappings, struct error *err)
{
	if (mappings_resolve(arena, &out->uid_mappings, out->uid_is_relative, uid_mappings,
		    "/linux/uidMappings", err) < 0 ||
		mappings_resolve(arena, &out->gid_mappings, out->gid_is_relative, gid_mappings,
			"/linux/gidMappings", err) < 0)
		return error_prefix(err, "%s/options", pointer);
	out->uid_is_relative = out->gid_is_relative = NULL;
	return 0;
}

/* ---- all options ---- */

int mount_options_parse(struct arena *arena, const char *pointer, const struct oci_mount *mount,
	struct mount_options *out, struct error *err)
{
	struct mount_state state = { 0 };

	*out = (struct mount_options){ 0 };
	for (size_t i = 0; i < mount->options.n; i++) {
		const char *text = mount->options.v[i];
		const struct option *option =
			bsearch(text, options, OPTIONS, sizeof options[0], option_compare);
		bool recursive = strncmp(text, "ridmap=", 7) == 0;

		if (option != NULL) {
			option_apply(option, &state, out);
		} else if (recursive || strncmp(text, "idmap=", 6) == 0) {
			out->idmap = true;
			out->recursive_idmap |= recursive;
			if (!idmap_parse(arena, text + (recursive ? 7 : 6), out))
				return error_set(err, 0,
					"%s/options/%zu: \"%s\" isn't "
					"idmap=uids=FROM-TO-SIZE;gids=FROM-TO-SIZE "
					"(more lines after #, @FROM-TO-SIZE: TO is an ID of the "
					"container)",
					pointer, i, text);
		} else {
			data_parse(arena, text, out);
		}
	}
	out->attr_set = state.own.set;
	out->attr_clear = state.own.clear;
	out->rec_attr_set = state.recursive.set;
	out->rec_attr_clear = state.recursive.clear;
	access_apply(state.own.access, &out->attr_set, &out->attr_clear);
	access_apply(state.recursive.access, &out->rec_attr_set, &out->rec_attr_clear);
	superblock_apply(arena, mount, &state, out);
	return 0;
}

const char *mount_option_name(unsigned i)
{
	return i < OPTIONS ? options[i].name : NULL;
}
