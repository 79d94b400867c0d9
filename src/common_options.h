/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options that several commands share. T is the type of the target; `in` is a prefix of the member,
 * for example `create.`. In a table, write each in braces.
 */
#pragma once

#define OPTION_BUNDLE(T, in)                                                                 \
	"bundle", 'b', "DIR", "directory with config.json (default: the working directory)", \
		option_string, offsetof(T, in bundle)
#define OPTION_CONFIG(T, in)                                                                 \
	"config", 'f', "FILE", "use this configuration instead of the bundle's config.json", \
		option_string, offsetof(T, in config)
#define OPTION_CONSOLE_SOCKET(T, in)                                                               \
	"console-socket", 0, "SOCKET", "send the master side of the terminal to this unix socket", \
		option_string, offsetof(T, in console_socket)
#define OPTION_PIDFD_SOCKET(T, in)                                                      \
	"pidfd-socket", 0, "SOCKET", "send a pidfd of the process to this unix socket", \
		option_string, offsetof(T, in pidfd_socket)
#define OPTION_PID_FILE(T, in)                                                     \
	"pid-file", 0, "FILE", "write the process ID to this file", option_string, \
		offsetof(T, in pid_file)
#define OPTION_NO_PIVOT(T, in)                                                         \
	"no-pivot", 0, NULL,                                                           \
		"don't use pivot_root(2) to enter the rootfs; needed on an initramfs", \
		option_bool, offsetof(T, in no_pivot)
#define OPTION_NO_NEW_KEYRING(T, in)                                                 \
	"no-new-keyring", 0, NULL, "keep the caller's session keyring", option_bool, \
		offsetof(T, in no_new_keyring)
#define OPTION_PRESERVE_FDS(T, in)                                                      \
	"preserve-fds", 0, "N",                                                         \
		"pass N additional descriptors, from 3 up (after those of LISTEN_FDS)", \
		option_count, offsetof(T, in preserve_fds)
#define OPTION_DETACH(T, in)                                                   \
	"detach", 'd', NULL, "don't wait for the process to end", option_bool, \
		offsetof(T, in detach)
#define OPTION_KEEP(T, in)                                                       \
	"keep", 0, NULL, "don't delete the container when it ends", option_bool, \
		offsetof(T, in keep)
#define OPTION_NO_SUBREAPER(T, in)                                                               \
	"no-subreaper", 0, NULL, "leave orphaned processes to the caller's reaper", option_bool, \
		offsetof(T, in no_subreaper)
#define OPTION_USERNS(T, in)                                                                       \
	"userns", 0, "MODE", "user namespace: auto, auto:size=N, host (none) or path:FILE (join)", \
		option_string, offsetof(T, in userns.mode)
#define OPTION_UIDMAP(T, in)                                                            \
	"uidmap", 0, "MAP",                                                             \
		"add to the user ID mapping: [FLAGS]CONTAINER:HOST[:SIZE]; repeatable", \
		option_strings, offsetof(T, in userns.uid_maps)
#define OPTION_GIDMAP(T, in)                                                                 \
	"gidmap", 0, "MAP", "add to the group ID mapping, in the same form", option_strings, \
		offsetof(T, in userns.gid_maps)
#define OPTION_IDMAP_ROOTFS(T, in)                                                        \
	"idmap-rootfs", 0, "WHEN",                                                        \
		"ID-map the rootfs: auto (if its owner has no ID inside), always, never", \
		option_string, offsetof(T, in userns.idmap_rootfs)
#define OPTION_CRIU(T, in)                                                                         \
	{ "auto-dedup", 0, NULL, "remove duplicate pages from earlier images", option_bool,        \
		offsetof(T, in auto_dedup) },                                                      \
		{ "empty-ns", 0, "NAMESPACE",                                                      \
			"don't restore the contents of this namespace (network); repeatable",      \
			option_strings, offsetof(T, in empty_namespaces) },                        \
		{ "ext-unix-sk", 0, NULL,                                                          \
			"allow unix sockets whose peer is outside the container", option_bool,     \
			offsetof(T, in ext_unix_sk) },                                             \
		{ "file-locks", 0, NULL, "allow file locks", option_bool,                          \
			offsetof(T, in file_locks) },                                              \
		{ "image-path", 0, "DIR", "directory of the image files (default: checkpoint)",    \
			option_string, offsetof(T, in image_path) },                               \
		{ "lazy-pages", 0, NULL, "transfer memory on demand (userfaultfd)", option_bool,   \
			offsetof(T, in lazy_pages) },                                              \
		{ "manage-cgroups-mode", 0, "MODE",                                                \
			"how to restore cgroups: soft (default), full, strict, ignore",            \
			option_choice, offsetof(T, in cgroups_mode),                               \
			.choices = criu_cgroups_modes },                                           \
		{ "network-lock", 0, "METHOD",                                                     \
			"how to block packets meanwhile: iptables, nftables, skip", option_choice, \
			offsetof(T, in network_lock), .choices = criu_network_locks },             \
		{ "shell-job", 0, NULL, "allow a terminal that belongs to the caller",             \
			option_bool, offsetof(T, in shell_job) },                                  \
		{ "tcp-established", 0, NULL, "allow open TCP connections", option_bool,           \
			offsetof(T, in tcp_established) },                                         \
	{                                                                                          \
		"work-path", 0, "DIR", "directory of CRIU's log (default: --image-path)",          \
			option_string, offsetof(T, in work_path)                                   \
	}
#define OPTION_END .name = NULL
