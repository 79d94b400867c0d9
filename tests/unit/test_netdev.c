/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network devices, moved between two network namespaces of the test's own. */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"
#include "linux/net/netdev.h"
#include "support.h"

static struct netdev_moves *moved;

static bool in_child_with_ip(void)
{
	if (access("/sbin/ip", X_OK) < 0)
		skip();
	return in_child_of_root();
}

static int new_namespace(void)
{
	CHECK(unshare(CLONE_NEWNET) == 0);
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void run(const char *command)
{
	CHECK(system(command) == 0);
}

/* What `ip` shows in a namespace, one line a device or address. */
static char *shown(int netns, const char *command)
{
	cleanup_fd int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	cleanup_buf struct buf text = { 0 };
	FILE *pipe;

	CHECK(setns(netns, CLONE_NEWNET) == 0);
	pipe = popen(command, "r");
	CHECK(pipe != NULL && fd_read_all(fileno(pipe), &text, &err) == 0 && pclose(pipe) == 0);
	CHECK(setns(own, CLONE_NEWNET) == 0);
	return mem_strdup(text.data != NULL ? text.data : "");
}

static bool has(int netns, const char *command, const char *want)
{
	cleanup_free char *text = shown(netns, command);
	bool found = strstr(text, want) != NULL;

	if (!found)
		print_error("%s: no \"%s\" in: %s\n", command, want, text);
	return found;
}

/* "host" and "container": host is where the caller is then, with a device v0 that has addresses of
 * several kinds. */
static void two_namespaces(int *host, int *container)
{
	*container = new_namespace();
	*host = new_namespace();
	run("ip link add v0 type veth peer name v1");
	run("ip addr add 192.0.2.5/24 broadcast 192.0.2.255 dev v0 && ip addr add 198.51.100.1 "
	    "peer 198.51.100.2/32 dev v0");
	run("ip addr add 2001:db8::5/64 dev v0 nodad && ip addr add 203.0.113.9/32 dev v0 scope "
	    "link");
	run("ip addr add 192.0.2.77/24 dev v0 valid_lft 500 preferred_lft 400");
	run("ip link set v0 up mtu 1400 && ip link set v1 up");
}

static void moved_with_its_addresses(void **state)
{
	const struct oci_net_device_entry device = { "v0", { "eth0" } };
	int host, container;

	(void)state;
	if (!in_child_with_ip())
		return;
	two_namespaces(&host, &container);
	CHECK(netdev_move(container, &device, 1, &moved, &err) == 0);
	CHECK(if_nametoindex("v0") == 0 && if_nametoindex("v1") != 0);
	CHECK(has(container, "ip -o link", "eth0@") && has(container, "ip -o link", "mtu 1400") &&
		has(container, "ip -o link", "<BROADCAST,MULTICAST,UP"));
	CHECK(has(container, "ip -o addr", "inet 192.0.2.5/24 brd 192.0.2.255 scope global eth0"));
	CHECK(has(container, "ip -o addr", "198.51.100.1 peer 198.51.100.2/32"));
	CHECK(has(container, "ip -o addr", "2001:db8::5/64"));
	CHECK(!strstr(shown(container, "ip -o addr"), "203.0.113.9") &&
		!strstr(shown(container, "ip -o addr"), "192.0.2.77"));
	_exit(0);
}

static void under_its_own_name(void **state)
{
	const struct oci_net_device_entry device = { "v0", { NULL } };
	int host, container;

	(void)state;
	if (!in_child_with_ip())
		return;
	two_namespaces(&host, &container);
	CHECK(netdev_move(container, &device, 1, &moved, &err) == 0);
	CHECK(has(container, "ip -o link", "v0@"));
	_exit(0);
}

static void name_that_is_taken(void **state)
{
	const struct oci_net_device_entry device = { "v0", { "lo" } },
					  pattern = { "v0", { "v%d" } }, same = { "v1", { NULL } };
	int host, container;

	(void)state;
	if (!in_child_with_ip())
		return;
	two_namespaces(&host, &container);
	CHECK(netdev_move(container, &device, 1, &moved, &err) == -1);
	CHECK(strcmp(err.text,
		      "/linux/netDevices/v0/name: the container has a device lo already: file "
		      "exists") == 0);
	CHECK(has(host, "ip -o addr", "inet 192.0.2.5/24 brd 192.0.2.255 scope global v0"));
	/* Another device there has the index and the names. */
	CHECK(setns(container, CLONE_NEWNET) == 0);
	run("ip link add v0 index 3 type veth peer name v1 index 2");
	CHECK(setns(host, CLONE_NEWNET) == 0);
	CHECK(netdev_move(container, &same, 1, &moved, &err) == -1 && err.code == EEXIST);
	CHECK(netdev_move(container, &pattern, 1, &moved, &err) == 0);
	CHECK(has(container, "ip -o addr", "inet 192.0.2.5/24 brd 192.0.2.255 scope global v2"));
	_exit(0);
}

static void comes_back_after_an_error(void **state)
{
	const struct oci_net_device_entry device = { "v0", { "bad/name" } };
	int host, container;

	(void)state;
	if (!in_child_with_ip())
		return;
	two_namespaces(&host, &container);
	CHECK(netdev_move(container, &device, 1, &moved, &err) == -1);
	CHECK(strstr(err.text,
		      "/linux/netDevices/v0: move it to the other network namespace as "
		      "bad/name: ") == err.text);
	CHECK(has(host, "ip -o addr", "inet 192.0.2.5/24 brd 192.0.2.255 scope global v0"));
	CHECK(has(host, "ip -o link show v0", "<BROADCAST,MULTICAST,UP"));
	_exit(0);
}

static void all_or_none(void **state)
{
	const struct oci_net_device_entry missing[] = { { "v0", { NULL } }, { "no0", { NULL } } },
					  refused[] = { { "v0", { "eth0" } }, { "v1", { "lo" } } };
	cleanup_free char *before = NULL, *after = NULL;
	int host, container;

	(void)state;
	if (!in_child_with_ip())
		return;
	two_namespaces(&host, &container);
	before = shown(host, "ip -o link show v0");
	CHECK(netdev_move(container, missing, 2, &moved, &err) == -1);
	CHECK(strstr(err.text, "/linux/netDevices/no0: find it on the host") == err.text);
	/* v0 was never moved: it would have lost its index and its addresses with a lifetime */
	CHECK(has(host, "ip -o addr show v0", "inet 192.0.2.77/24"));
	after = shown(host, "ip -o link show v0");
	CHECK(strcmp(before, after) == 0);
	CHECK(netdev_move(container, refused, 2, &moved, &err) == -1 && err.code == EEXIST);
	CHECK(has(host, "ip -o addr", "inet 192.0.2.5/24 brd 192.0.2.255 scope global v0"));
	CHECK(has(host, "ip -o link show v0", "<BROADCAST,MULTICAST,UP"));
	_exit(0);
}

/* As after a creation that has failed later: the container's processes have ended. */
static void taken_back(void **state)
{
	const struct oci_net_device_entry devices[] = { { "v0", { "eth0" } }, { "v1", { NULL } } };
	int host, container;

	(void)state;
	if (!in_child_with_ip())
		return;
	two_namespaces(&host, &container);
	CHECK(netdev_move(container, devices, 2, &moved, &err) == 0 && moved != NULL);
	CHECK(if_nametoindex("v0") == 0 && if_nametoindex("v1") == 0);
	CHECK(setns(container, CLONE_NEWNET) == 0);
	run("ip link set eth0 name eth1");
	CHECK(setns(host, CLONE_NEWNET) == 0);
	close(container);
	netdev_take_back(&moved);
	CHECK(moved == NULL);
	CHECK(has(host, "ip -o addr", "inet 192.0.2.5/24 brd 192.0.2.255 scope global v0"));
	CHECK(has(host, "ip -o link show v0", "<BROADCAST,MULTICAST,UP"));
	CHECK(if_nametoindex("v1") != 0);
	netdev_take_back(&moved);
	_exit(0);
}

static void devices_that_are_none(void **state)
{
	const struct oci_net_device_entry missing = { "nothing0", { NULL } },
					  loopback = { "lo", { "lo1" } },
					  long_name = { "v0", { "0123456789abcdef" } };
	int host, container;

	(void)state;
	if (!in_child_with_ip())
		return;
	two_namespaces(&host, &container);
	CHECK(netdev_move(container, &missing, 1, &moved, &err) == -1);
	CHECK(strcmp(err.text, "/linux/netDevices/nothing0: find it on the host: no such device") ==
		0);
	CHECK(netdev_move(container, &loopback, 1, &moved, &err) == -1);
	CHECK(strstr(err.text, "some devices can't leave their namespace") != NULL);
	CHECK(netdev_move(container, &long_name, 1, &moved, &err) == -1 &&
		err.code == ENAMETOOLONG);
	_exit(0);
}

static void loopback(void **state)
{
	struct ifreq request = { .ifr_name = "lo" };
	int sock;

	(void)state;
	if (!in_child_with_ip())
		return;
	new_namespace();
	CHECK(netdev_loopback_up(&err) == 0);
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(ioctl(sock, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) &&
		(request.ifr_flags & IFF_LOOPBACK));
	_exit(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moved_with_its_addresses),
		cmocka_unit_test(under_its_own_name),
		cmocka_unit_test(name_that_is_taken),
		cmocka_unit_test(comes_back_after_an_error),
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(taken_back),
		cmocka_unit_test(devices_that_are_none),
		cmocka_unit_test(loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
