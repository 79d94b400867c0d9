#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A recorded config.json of an engine, made to run here, and compared with what the kernel shows of the running container.

  engine-config.py rewrite RECORDED BUNDLE PAUSE CGROUPSPATH [NAMESPACE=PATH...]
  engine-config.py check BUNDLE PID < STATE

`rewrite` takes BUNDLE/rootfs as it is (owned by root), gives it the owner the engine gives it, makes the volumes, writes BUNDLE/config.json,
and says "terminal" if the program wants one. It changes only what can't exist here: paths; what this machine's root may not do (rlimits, a lower oom_score_adj,
capabilities) or doesn't have (cgroup controllers); and a program that would end at once becomes the first of two, the second being a
sleep, so that there is something to look at. `check` prints every difference between the configuration and what the kernel
and the runtime's state say.
"""
import json
import os
import re
import resource
import shutil
import stat
import sys

CAPABILITIES = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
    SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM
    BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()
CAPABILITY_BITS = {"CAP_" + name: 1 << bit for bit, name in enumerate(CAPABILITIES)}
# programs that run until they are told to end
LASTING = re.compile(r"^(/pause|sleep|sh -c sleep 1000|sh -c trap|.*httpd -f)")
# recorded because create has to refuse them
UNRUNNABLE = "/no/such", "/etc/passwd"
NAMESPACES = {"network": "net", "mount": "mnt"}


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def status(pid):
    return dict(line.split(":\t", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":\t" in line)


def to_host(maps, ident):
    """The ID outside for one inside; itself without a mapping, None when it isn't mapped."""
    if not maps:
        return ident
    for m in maps:
        if m["containerID"] <= ident < m["containerID"] + m["size"]:
            return m["hostID"] + ident - m["containerID"]
    return None


def is_bind(mount):
    return mount.get("type") == "bind" or {"bind", "rbind"} & set(mount.get("options", []))


def is_mapped(mount):
    return bool(mount.get("uidMappings")) or any(o.startswith(("idmap", "ridmap")) for o in mount.get("options", []))


def controllers():
    """Names of the cgroup controllers that a container can have."""
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        return set(read("/sys/fs/cgroup/cgroup.controllers").split()) | {"devices"}
    found = set()
    for line in read("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        if right.startswith("cgroup "):
            found |= set(right.split()[-1].split(","))
    return found


# --- rewrite ------------------------------------------------------------------------------------------------------------------


class Rewriter:
    def __init__(self, config, bundle):
        self.config = config
        self.bundle = bundle
        self.linux = config["linux"]
        self.uids = self.linux.get("uidMappings") or []
        self.gids = self.linux.get("gidMappings") or []

    def own(self, path, uid=0, gid=0, mapped=True):
        """Gives path to what is uid:gid inside; not mapped: on the disk too, for an ID-mapped mount."""
        if mapped:
            uid, gid = to_host(self.uids, uid), to_host(self.gids, gid)
        os.chown(path, uid, gid, follow_symlinks=False)

    def write(self, path, text="", uid=0, mapped=True):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self.own(path, uid, uid, mapped)

    def rootfs(self, pause):
        root = self.bundle + "/rootfs"
        self.config["root"]["path"] = root
        for where, dirs, files in os.walk(root):
            for name in ["."] + files + [d for d in dirs if os.path.islink(f"{where}/{d}")]:
                self.own(os.path.normpath(f"{where}/{name}"))
        shutil.copy(pause, root + "/pause")
        self.own(root + "/pause")
        os.symlink("../../bin/busybox", root + "/usr/bin/id")
        os.mkdir(root + "/own")
        self.own(root + "/own")
        self.write(root + "/own/u0")
        self.write(root + "/own/u1000", uid=1000)
        # the shim of containerd lets the container's group, and nobody else, into the bundle
        os.chmod(self.bundle, 0o710)
        self.own(self.bundle)
        os.chown(self.bundle, 0, -1)

    def volume(self, mount, number):
        source = mount["source"]
        if not source.startswith("/") or source == "/sys":
            return
        path = f"{self.bundle}/volumes/{number}"
        mapped = not is_mapped(mount)
        if re.match(r"/etc/|.*/termination-log$|.*/\.containerenv$|/hpf$", mount["destination"]):
            if mount["destination"] in ("/etc/passwd", "/etc/group"):
                shutil.copy(self.bundle + "/rootfs" + mount["destination"], path)
                self.own(path, 0, 0, mapped)
            else:
                self.write(path, "recorded\n", mapped=mapped)
        else:
            os.mkdir(path)
            self.own(path, 0, 0, mapped)
            os.chmod(path, 0o1777 if mount["destination"] == "/dev/shm" else 0o777)
            for name, uid in ("root", 0), ("f", 0), ("u1000", 1000):
                self.write(f"{path}/{name}", uid=uid, mapped=mapped)
        mount["source"] = path

    def namespaces(self, paths):
        for namespace in self.linux["namespaces"]:
            if "path" in namespace:
                namespace["path"] = paths[namespace["type"]]

    def process(self):
        process = self.config["process"]
        mine = int(status("self")["CapPrm"], 16)
        for names in process.get("capabilities", {}).values():
            names[:] = [n for n in names if CAPABILITY_BITS[n] & mine]
        for limit in process.get("rlimits", []):
            _, hard = resource.getrlimit(getattr(resource, limit["type"]))
            if hard != resource.RLIM_INFINITY:
                limit["hard"] = min(limit["hard"], hard)
                limit["soft"] = min(limit["soft"], limit["hard"])
        if "oomScoreAdj" in process:
            process["oomScoreAdj"] = max(process["oomScoreAdj"], int(read("/proc/self/oom_score_adj")))
        if process["args"][0] not in UNRUNNABLE and not LASTING.match(" ".join(process["args"])):
            process["args"] = ["/bin/sh", "-c", '"$@"; echo "@status $?"; exec /bin/sleep 1000', "sh"] + process["args"]

    def resources(self):
        wanted = self.linux.get("resources", {})
        available = controllers()
        for kind in "cpu", "memory", "pids":
            if kind not in available:
                wanted.pop(kind, None)
        memory = wanted.get("memory", {})
        if "swap" in memory and not os.path.exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes") and not any(
            os.path.exists(f"/sys/fs/cgroup/{d}/memory.swap.max") for d in os.listdir("/sys/fs/cgroup")
        ):
            del memory["swap"]

    def devices(self):
        if self.linux.get("devices"):
            self.linux["devices"] = [d for d in self.linux["devices"] if not self.uids or os.path.exists(d["path"])]

    def hooks(self):
        for hooks in self.config.get("hooks", {}).values():
            for hook in hooks:
                hook["args"] = [a.replace("/var/lib/node/pw/", self.bundle + "/") for a in hook["args"]]


def rewrite(recorded, bundle, pause, cgroups_path, *namespaces):
    r = Rewriter(load(recorded), bundle)
    r.rootfs(pause)
    os.mkdir(bundle + "/volumes", 0o711)
    for number, mount in enumerate(r.config["mounts"]):
        if is_bind(mount):
            r.volume(mount, number)
    r.namespaces(dict(n.split("=", 1) for n in namespaces))
    r.process()
    r.resources()
    r.devices()
    r.hooks()
    if "cgroupsPath" in r.linux:
        r.linux["cgroupsPath"] = cgroups_path
    with open(bundle + "/config.json", "w", encoding="utf-8") as f:
        json.dump(r.config, f, indent=1)
    if r.config["process"].get("terminal"):
        print("terminal")


# --- check ----------------------------------------------------------------------------------------------------------------------

wrong = []


def expect(what, found, wanted):
    if found != wanted:
        wrong.append(f"{what}: {found!r}, expected {wanted!r}")


def mount_table(pid):
    """Target -> (options of the mount, file system type), the topmost of each target."""
    table = {}
    for line in read(f"/proc/{pid}/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        table[left.split()[4].encode().decode("unicode_escape")] = (left.split()[5].split(","), right.split()[0])
    return table


def same_namespace(a, b):
    a, b = os.stat(a), os.stat(b)
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


def check_namespaces(config, pid):
    wanted = {n["type"]: n for n in config["linux"]["namespaces"]}
    for kind in "user", "network", "ipc", "uts", "pid", "mount", "cgroup":
        name = NAMESPACES.get(kind, kind)
        ours = same_namespace(f"/proc/{pid}/ns/{name}", f"/proc/self/ns/{name}")
        if kind not in wanted:
            expect(f"{kind} namespace is the host's", ours, True)
        elif "path" in wanted[kind]:
            expect(f"{kind} namespace is {wanted[kind]['path']}", same_namespace(f"/proc/{pid}/ns/{name}", wanted[kind]["path"]), True)
        else:
            expect(f"{kind} namespace is the host's", ours, False)
    for file, key in ("uid_map", "uidMappings"), ("gid_map", "gidMappings"):
        if "user" in wanted:
            found = [tuple(map(int, line.split())) for line in read(f"/proc/{pid}/{file}").splitlines()]
            expect(file, found, [(m["containerID"], m["hostID"], m["size"]) for m in config["linux"][key]])


def check_mounts(config, pid):
    linux = config["linux"]
    uids = linux.get("uidMappings") or []
    table = mount_table(pid)
    for mount in config["mounts"]:
        target = mount["destination"]
        if target not in table:
            wrong.append(f"no mount at {target}")
            continue
        options, fstype = table[target]
        if mount.get("type") == "cgroup":
            expect(f"type of {target}", fstype in ("tmpfs", "cgroup2"), True)
            continue
        if not is_bind(mount):
            expect(f"type of {target}", fstype, mount["type"])
        for option in "ro", "nosuid", "nodev", "noexec":
            if option in mount.get("options", []):
                expect(f"option {option} of {target}", option in options, True)
        if mount.get("source", "").startswith(os.path.dirname(config["root"]["path"])):
            inside = f"/proc/{pid}/root{target}"
            maps = mount.get("uidMappings") or uids
            expect(f"owner of {target}", os.stat(inside).st_uid, to_host(maps, 0))
            if stat.S_ISDIR(os.stat(inside).st_mode) and target != "/hp" and os.path.exists(inside + "/u1000"):
                expect(f"owner of {target}/u1000", os.stat(inside + "/u1000").st_uid, to_host(maps, 1000))
    expect("root is read-only", "ro" in table["/"][0], config["root"].get("readonly", False))
    expect("owner of /", os.stat(f"/proc/{pid}/root/").st_uid, to_host(uids, 0))
    for path in linux.get("maskedPaths", []):
        # a path that the container doesn't have is skipped
        if os.path.exists(path) and path.startswith("/proc/"):
            expect(f"{path} is masked", path in table, True)
    for path in linux.get("readonlyPaths", []):
        if os.path.exists(path) and path.startswith("/proc/"):
            expect(f"{path} is read-only", path in table and "ro" in table[path][0], True)


def check_process(config, pid):
    process, linux = config["process"], config["linux"]
    is_pause = process["args"][0] == "/pause"
    uids, gids = linux.get("uidMappings") or [], linux.get("gidMappings") or []
    s = status(pid)
    user = process["user"]
    expect("uid", s["Uid"].split(), [str(to_host(uids, user["uid"]))] * 4)
    expect("gid", s["Gid"].split(), [str(to_host(gids, user["gid"]))] * 4)
    groups = sorted({to_host(gids, g) for g in user.get("additionalGids", [])})
    expect("groups", sorted(map(int, s["Groups"].split())), groups)
    if "umask" in user:
        expect("umask", int(s["Umask"], 8), user["umask"])
    expect("no_new_privs", s["NoNewPrivs"], str(int(process.get("noNewPrivileges", False))))
    if "Seccomp" in s:
        # without a filter of its own it has what is around hull and this program (lib/as_kernel.c)
        expect("seccomp mode", s["Seccomp"], "2" if "seccomp" in linux else status("self")["Seccomp"])
    caps = process.get("capabilities", {})
    bits = {kind: sum(CAPABILITY_BITS[n] for n in set(names)) for kind, names in caps.items()}
    root = user["uid"] == 0
    effective = bits.get("effective", 0) if root else bits.get("ambient", 0)
    # exec by root takes what is bounding and inheritable; by others, what is ambient
    if root:
        effective = bits.get("bounding", 0) | bits.get("inheritable", 0)
    for name, want in ("CapBnd", bits.get("bounding", 0)), ("CapEff", effective), ("CapInh", bits.get("inheritable", 0)), ("CapAmb", bits.get("ambient", 0)):
        expect(name, s[name], f"{want:016x}")
    if "oomScoreAdj" in process:
        expect("oom_score_adj", int(read(f"/proc/{pid}/oom_score_adj")), process["oomScoreAdj"])
    limits = read(f"/proc/{pid}/limits")
    for limit in process.get("rlimits", []):
        line = {"RLIMIT_NOFILE": "Max open files", "RLIMIT_NPROC": "Max processes"}[limit["type"]]
        found = re.search(rf"^{line} +(\d+) +(\d+)", limits, re.M)
        expect(limit["type"], found and [int(found[1]), int(found[2])], [limit["soft"], limit["hard"]])
    environment = read(f"/proc/{pid}/environ").split("\0")
    for variable in process.get("env", []):
        if not variable.startswith("PATH="):  # may be given twice
            expect(f"environment {variable}", variable in environment, True)
    expect("command line", read(f"/proc/{pid}/cmdline").split("\0")[0] in (process["args"][0], "/bin/sleep", "sleep", "httpd"), True)
    expect("descriptors", sorted(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")) in ([0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 10]), True)
    expect("is the pause program", is_pause, os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "pause")


def cgroup_directory(controller, pid):
    for line in read(f"/proc/{pid}/cgroup").splitlines():
        number, names, path = line.split(":", 2)
        if number == "0" and os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            return "/sys/fs/cgroup" + path
        if controller in names.split(","):
            return f"/sys/fs/cgroup/{controller}{path}"
    return None


def check_cgroup(config, pid):
    wanted = config["linux"].get("resources", {})
    v2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    if wanted.get("memory", {}).get("limit"):
        file = "memory.max" if v2 else "memory.limit_in_bytes"
        expect(file, read(f"{cgroup_directory('memory', pid)}/{file}").strip(), str(wanted["memory"]["limit"]))
    if wanted.get("pids", {}).get("limit", 0) > 0:
        expect("pids.max", read(f"{cgroup_directory('pids', pid)}/pids.max").strip(), str(wanted["pids"]["limit"]))
    if wanted.get("cpu", {}).get("quota", 0) > 0:
        cpu = wanted["cpu"]
        if v2:
            expect("cpu.max", read(f"{cgroup_directory('cpu', pid)}/cpu.max").split(), [str(cpu["quota"]), str(cpu["period"])])
        else:
            expect("cpu.cfs_quota_us", read(f"{cgroup_directory('cpu', pid)}/cpu.cfs_quota_us").strip(), str(cpu["quota"]))


def check(bundle, pid):
    config = load(bundle + "/config.json")
    for part in check_namespaces, check_mounts, check_process, check_cgroup:
        try:
            part(config, pid)
        except (OSError, KeyError, ValueError) as error:
            wrong.append(f"{part.__name__}: {error!r}")
    state = json.load(sys.stdin)
    for key, want in ("annotations", config.get("annotations")), ("pid", int(pid)), ("status", "running"), ("bundle", bundle):
        expect(f"{key} in the state", state.get(key), want)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    {"rewrite": rewrite, "check": check}[sys.argv[1]](*sys.argv[2:])
