/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/net/netdev.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"

enum { MESSAGE_MAX = 1024, ANSWER_MAX = 32 * 1024 };

/* A netlink request being built. */
struct request {
	struct nlmsghdr header;
	char payload[MESSAGE_MAX];
};

static void begin(
	struct request *request, uint16_t type, uint16_t flags, const void *fixed, size_t len)
{
	*request = (struct request){ .header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
					     .nlmsg_type = type,
					     .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) } };
	memcpy(NLMSG_DATA(&request->header), fixed, len);
}

static void add(struct request *request, uint16_t type, const void *data, size_t len)
{
	struct rtattr *attribute =
		(struct rtattr *)(void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(attribute), data, len);
	request->header.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_SPACE(len));
}

static void link_request(struct request *request, uint16_t type, int index, unsigned flags)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = flags, .ifi_change = flags
	};

	begin(request, type, NLM_F_ACK, &info, sizeof info);
}

/*
 * If the message of a dump describes a permanent, global address of the device, appends an
 * RTM_NEWADDR request for it.
 */
static void keep_address(struct buf *requests, struct nlmsghdr *h, int index)
{
	struct ifaddrmsg *info = NLMSG_DATA(h);
	unsigned left = (unsigned)IFA_PAYLOAD(h), flags = info->ifa_flags;
	struct ifaddrmsg fixed = { .ifa_family = info->ifa_family,
		.ifa_prefixlen = info->ifa_prefixlen };
	struct request request;

	if (h->nlmsg_type != RTM_NEWADDR || info->ifa_index != (unsigned)index ||
		info->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	begin(&request, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &fixed,
		sizeof fixed);
	for (struct rtattr *a = IFA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFA_FLAGS)
			memcpy(&flags, RTA_DATA(a), sizeof flags);
		if (a->rta_type == IFA_ADDRESS || a->rta_type == IFA_LOCAL ||
			a->rta_type == IFA_BROADCAST)
			add(&request, a->rta_type, RTA_DATA(a), RTA_PAYLOAD(a));
	}
	if (flags & IFA_F_PERMANENT)
		buf_append(requests, &request, sizeof request);
}

/*
 * Sends a request and reads until the acknowledgement or the end of the dump. Collects addresses,
 * if asked for, as requests that restore them. Returns -1 with errno.
 */
static int converse(int sock, const struct request *request, int index, struct buf *addresses)
{
	_Alignas(struct nlmsghdr) char answer[ANSWER_MAX];

	if (send(sock, request, request->header.nlmsg_len, 0) < 0)
		return -1;
	for (;;) {
		ssize_t n = recv(sock, answer, sizeof answer, 0);
		unsigned left = (unsigned)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)answer; NLMSG_OK(h, left);
			h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
				return errno == 0 ? 0 : -1;
			}
			if (addresses != NULL)
				keep_address(addresses, h, index);
		}
	}
}

static int talk(int sock, const struct request *request)
{
	return converse(sock, request, 0, NULL);
}

static bool exists(int sock, int index, const char *name)
{
	struct request request;

	link_request(&request, RTM_GETLINK, index, 0);
	if (name != NULL)
		add(&request, IFLA_IFNAME, name, strlen(name) + 1);
	return talk(sock, &request) == 0;
}

static int read_addresses(int sock, int index, struct buf *requests)
{
	struct ifaddrmsg info = { .ifa_family = AF_UNSPEC };
	struct request request;

	begin(&request, RTM_GETADDR, NLM_F_DUMP, &info, sizeof info);
	return converse(sock, &request, index, requests);
}

static const struct explanation move_rows[] = {
	{ EINVAL, NULL, NULL,
		"some devices can't leave their namespace (ethtool -k: netns-local)" },
	EXPLANATIONS_END,
};

/* One side of a move. */
struct side {
	int sock, netns;
};

/*
 * Moves a device and restores its addresses. *index: its index on the other side, set even on error
 * if it arrived there.
 */
static int transfer(const struct side *from, const struct side *to, int *index, const char *name,
	const struct buf *addresses, struct error *err)
{
	struct request request;
	int there = *index;

	while (exists(to->sock, there, NULL))
		there++;
	link_request(&request, RTM_NEWLINK, *index, 0);
	add(&request, IFLA_NET_NS_FD, &to->netns, sizeof to->netns);
	add(&request, IFLA_IFNAME, name, strlen(name) + 1);
	add(&request, IFLA_NEW_IFINDEX, &there, sizeof there);
	*index = there;
	if (talk(from->sock, &request) < 0) {
		error_errno(err, "move it to the other network namespace as %s", name);
		return explain(move_rows, NULL, NULL, err);
	}
	for (size_t at = 0; at < addresses->len; at += sizeof request) {
		struct ifaddrmsg *info = NLMSG_DATA(&request.header);

		memcpy(&request, addresses->data + at, sizeof request);
		info->ifa_index = (unsigned)there;
		if (talk(to->sock, &request) < 0)
			return error_errno(err, "give it its address again");
	}
	link_request(&request, RTM_NEWLINK, there, IFF_UP);
	return talk(to->sock, &request) < 0 ? error_errno(err, "set it up") : 0;
}

/*
 * Chooses the name in the container. Resolves a pattern ("eth%d") here: the kernel would skip
 * numbers that are taken on the host.
 */
static int choose_name(
	const struct side *container, const char *wanted, char name[IFNAMSIZ], struct error *err)
{
	const char *place = strstr(wanted, "%d");
	int len = 0;

	for (unsigned i = 0; i == 0 || (place != NULL && len < IFNAMSIZ); i++) {
		len = place != NULL ? snprintf(name, IFNAMSIZ, "%.*s%u%s", (int)(place - wanted),
					      wanted, i, place + 2)
				    : snprintf(name, IFNAMSIZ, "%s", wanted);
		if (len < IFNAMSIZ && !exists(container->sock, 0, name))
			return 0;
	}
	if (len >= IFNAMSIZ)
		return error_set(err, ENAMETOOLONG, "the name %s", wanted);
	return error_set(err, EEXIST, "the container has a device %s already", wanted);
}

/* A device of the list. */
struct move {
	const char *name; /* on the host */
	int index;        /* where it is now */
	bool moved;
	struct buf addresses; /* as requests that restore them */
};

struct netdev_moves {
	struct side host, container;
	struct move *v;
	size_t n;
};

/* Finds all devices before the first one is moved. */
static int find_devices(
	struct netdev_moves *moves, const struct oci_net_device_entry *devices, struct error *err)
{
	for (size_t i = 0; i < moves->n; i++) {
		struct move *move = &moves->v[i];

		move->name = devices[i].key;
		move->index = (int)if_nametoindex(move->name);
		if (move->index == 0)
			return error_set(err, ENODEV, "/linux/netDevices/%s: find it on the host",
				move->name);
		if (read_addresses(moves->host.sock, move->index, &move->addresses) < 0)
			return error_errno(
				err, "/linux/netDevices/%s: read its addresses", move->name);
	}
	return 0;
}

static int move_device(const struct side *host, const struct side *container, struct move *move,
	const char *wanted, struct error *err)
{
	char name[IFNAMSIZ];
	int old_index = move->index, result;

	if (choose_name(container, wanted, name, err) < 0)
		return error_prefix(err, "/linux/netDevices/%s/name", move->name);
	result = transfer(host, container, &move->index, name, &move->addresses, err);
	move->moved = !exists(host->sock, old_index, NULL);
	return result < 0 ? error_prefix(err, "/linux/netDevices/%s", move->name) : 0;
}

static int move_devices(
	struct netdev_moves *moves, const struct oci_net_device_entry *devices, struct error *err)
{
	if (find_devices(moves, devices, err) < 0)
		return -1;
	for (size_t i = 0; i < moves->n; i++) {
		const char *name = devices[i].value.name;

		if (move_device(&moves->host, &moves->container, &moves->v[i],
			    name != NULL && *name != '\0' ? name : moves->v[i].name, err) < 0)
			return -1;
	}
	return 0;
}

static int netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

/* A socket belongs to the network namespace in which it was created. *netns: the namespace. */
static int netlink_socket_in(int container, int own, int *netns)
{
	cleanup_fd int sock = -1;
	int errnum;

	if (setns(container, CLONE_NEWNET) < 0)
		return -1;
	*netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	sock = *netns < 0 ? -1 : netlink_socket();
	errnum = errno;
	if (setns(own, CLONE_NEWNET) < 0)
		return -1;
	errno = errnum;
	return fd_take(&sock);
}

static int open_sides(struct netdev_moves *moves, int process, struct error *err)
{
	struct side *host = &moves->host, *container = &moves->container;

	host->netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	host->sock = host->netns < 0 ? -1 : netlink_socket();
	if (host->sock >= 0)
		container->sock = netlink_socket_in(process, host->netns, &container->netns);
	return container->sock < 0
		? error_errno(err, "/linux/netDevices: talk to both network namespaces")
		: 0;
}

int netdev_move(int process, const struct oci_net_device_entry *devices, size_t n,
	struct netdev_moves **moved, struct error *err)
{
	struct netdev_moves *moves;

	if (n == 0)
		return 0;
	moves = mem_alloc(sizeof *moves);
	*moves =
		(struct netdev_moves){ { -1, -1 }, { -1, -1 }, mem_alloc(n * sizeof *moves->v), n };
	if (open_sides(moves, process, err) < 0 || move_devices(moves, devices, err) < 0) {
		netdev_take_back(&moves);
		return -1;
	}
	*moved = moves;
	return 0;
}

void netdev_take_back(struct netdev_moves **moved)
{
	struct netdev_moves *moves = *moved;

	for (size_t i = moves != NULL ? moves->n : 0; i-- > 0;)
		if (moves->v[i].moved)
			transfer(&moves->container, &moves->host, &moves->v[i].index,
				moves->v[i].name, &moves->v[i].addresses, NULL);
	netdev_forget(moved);
}

void netdev_forget(struct netdev_moves **moved)
{
	struct netdev_moves *moves = *moved;

	if (moves == NULL)
		return;
	for (size_t i = 0; i < moves->n; i++)
		buf_free(&moves->v[i].addresses);
	fd_close(&moves->host.sock);
	fd_close(&moves->host.netns);
	fd_close(&moves->container.sock);
	fd_close(&moves->container.netns);
	mem_free(moves->v);
	mem_free(moves);
	*moved = NULL;
}

int netdev_loopback_up(struct error *err)
{
	/* Any socket works for the ioctl; this kind is always available and cheap. */
	cleanup_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &request) < 0)
		return error_errno(err, "set the loopback device up");
	return 0;
}
