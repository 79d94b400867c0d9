/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/ids.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "container/wire/sync.h"
#include "linux/ids/userns.h"
#include "linux/process/oom.h"

/*
 * podman writes the map 0 0 1 if it was given a namespace by path (--userns=ns:PATH) and didn't
 * read its mapping.
 */
static bool stands_for_unknown(const oci_id_mappings *said)
{
	return said->n == 1 && said->v->container_id == 0 && said->v->host_id == 0 &&
		said->v->size == 1;
}

int setup_read_joined_mapping(struct setup *c, struct error *err)
{
	struct oci_linux *linux = c->config.linux;

	if (c->joined_userns && stands_for_unknown(&linux->uid_mappings) &&
		stands_for_unknown(&linux->gid_mappings))
		linux->uid_mappings.n = linux->gid_mappings.n = 0;
	c->uid_mappings = linux->uid_mappings;
	c->gid_mappings = linux->gid_mappings;
	if (!c->joined_userns || c->uid_mappings.n > 0)
		return 0;
	if (userns_read_joined(&c->arena, c->userns_fd, &c->uid_mappings, &c->gid_mappings, err) <
		0)
		return -1;
	if (c->uid_mappings.n == 0 || c->gid_mappings.n == 0)
		return error_set(err, 0,
			"%s: the user namespace to join has no mapping: its creator must write its "
			"uid_map and gid_map first",
			config_namespace(&c->config, NAMESPACE_USER)->path);
	linux->uid_mappings = c->uid_mappings;
	linux->gid_mappings = c->gid_mappings;
	buf_clear(&c->config_text);
	config_encode(&c->config_text, &c->config);
	return 0;
}

static int check_joined_mapping(struct setup *c, const char *file, const char *property,
	const oci_id_mappings *said, struct error *err)
{
	oci_id_mappings real;

	if (userns_read_map(&c->arena, c->pid, file, &real, err) < 0)
		return -1;
	if (id_mappings_equivalent(&real, said))
		return 0;
	if (real.n == 0)
		return error_set(err, 0, "%s: the user namespace to join has no mapping", property);
	return error_set(err, 0,
		"%s: not the mapping of the user namespace to join, which begins with %u %u %u: "
		"give the same, or none",
		property, real.v->container_id, real.v->host_id, real.v->size);
}

int setup_map_ids(struct setup *c, struct error *err)
{
	const struct oci_process *process = c->config.process;
	char path[64];

	if (c->new_userns) {
		if (userns_write_maps(
			    c->pid, &c->uid_mappings, &c->gid_mappings, c->privileged, err) < 0)
			return -1;
		snprintf(path, sizeof path, "/proc/%d/ns/user", c->pid);
		c->userns_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (c->userns_fd < 0)
			return error_errno(err, "open the container's user namespace");
	}
	if (c->joined_userns && c->config.linux->uid_mappings.n > 0 &&
		(check_joined_mapping(c, "uid_map", "/linux/uidMappings", &c->uid_mappings, err) <
				0 ||
			check_joined_mapping(
				c, "gid_map", "/linux/gidMappings", &c->gid_mappings, err) < 0))
		return -1;
	if (process != NULL && process->oom_score_adj.set &&
		oom_score_adj_set(c->pid, process->oom_score_adj.value, c->rootless, err) < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_MAPPED, SYNC_INIT, err);
}

void setup_note_user_namespace(struct setup *c)
{
	struct stat st;
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/ns/user", c->pid);
	if (c->state.userns_claim != NULL && stat(path, &st) == 0)
		c->state.user_namespace = st.st_ino;
}
