# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured: runtimes, bundles, a pod's sandbox, and the program that measures."""
import json
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
FIRST_ID, ID_COUNT = 100000, 65536
MAPPING = [{"containerID": 0, "hostID": FIRST_ID, "size": ID_COUNT}]
PROFILE = REPO + "/tests/data/engine-configs/kubelet-1.36-containerd-2.1/u1-node1-sandbox.json"
CAPABILITIES = """CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT
    KILL AUDIT_WRITE""".split()


def compile_program(source, target, *flags):
    subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", *flags, "-o", target, source], check=True)


class Measure:
    """The program that starts commands and times them (measure.c)."""

    def __init__(self, work):
        program = work + "/measure"
        compile_program(REPO + "/tests/lib/measure.c", program, "-O2", "-static")
        self.output = work + "/output"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={"MEASURE_OUTPUT": self.output, "PATH": os.environ["PATH"]})

    def ask(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]

    def said(self):
        with open(self.output, errors="replace") as file:
            text = file.read()[-400:].strip()
        os.truncate(self.output, 0)
        return text

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class World:
    """A work directory with a root filesystem, and what it takes to make bundles of it."""

    def __init__(self, work, hull):
        self.work, self.hull = work, work + "/hull"
        shutil.copy(hull, self.hull)  # a build beside us doesn't take it away
        os.chmod(work, 0o711)
        for name, owner in (("rootfs", 0), ("rootfs-mapped", FIRST_ID)):
            self.make_rootfs(f"{work}/{name}", owner)
        self.sandbox = None

    def make_rootfs(self, path, owner):
        for name in "bin dev etc proc sys tmp run root volumes".split():
            os.makedirs(f"{path}/{name}", exist_ok=True)
        compile_program(HERE + "/true.c", path + "/bin/true", "-Os", "-static", "-nostdlib", "-fno-stack-protector", "-s")
        shutil.copy(path + "/bin/true", path + "/bin/pause")
        for name in ["hosts", "hostname", "resolv.conf"]:
            open(f"{path}/etc/{name}", "w").close()
        for number in range(500):
            os.makedirs(f"{path}/volumes/{number}", exist_ok=True)
        if owner:
            for directory, _, files in os.walk(path):
                for name in [directory] + [directory + "/" + file for file in files]:
                    os.chown(name, owner, owner, follow_symlinks=False)

    def start_sandbox(self):
        """A process in the namespaces of a pod; its user namespace is mapped as every bundle's."""
        self.sandbox = subprocess.Popen(["unshare", "--user", "--net", "--ipc", "--uts", self.work + "/rootfs/bin/pause"])
        pid = self.sandbox.pid
        own = os.readlink("/proc/self/ns/uts")
        while os.readlink(f"/proc/{pid}/ns/uts") == own:
            pass
        for kind in ("uid", "gid"):
            with open(f"/proc/{pid}/{kind}_map", "w") as file:
                file.write(f"0 {FIRST_ID} {ID_COUNT}\n")

    def default_config(self):
        directory = self.work + "/spec"
        os.makedirs(directory, exist_ok=True)
        if not os.path.exists(directory + "/config.json"):
            subprocess.run([self.hull, "spec", "-b", directory], check=True)
        with open(directory + "/config.json") as file:
            config = json.load(file)
        config["ociVersion"] = "1.0.2"  # what the oldest of the others takes
        config["process"]["terminal"] = False
        config["process"]["args"] = ["/bin/true"]
        config["root"]["path"] = self.work + "/rootfs"
        config["hostname"] = "bench"
        return config

    def plain(self):
        return self.default_config()

    def userns(self):
        config = self.default_config()
        config["root"]["path"] = self.work + "/rootfs-mapped"
        with open(PROFILE) as file:
            config["linux"]["seccomp"] = json.load(file)["linux"]["seccomp"]
        config["linux"]["namespaces"].append({"type": "user"})
        config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = MAPPING
        return config

    def pod(self):
        """As containerd configures a container of a pod with hostUsers: false: 20 mounts, 5 of them ID-mapped."""
        config = self.userns()
        config["hostname"] = ""
        paths = {"network": "net", "ipc": "ipc", "uts": "uts", "user": "user"}
        for namespace in config["linux"]["namespaces"]:
            if namespace["type"] in paths:
                namespace["path"] = f"/proc/{self.sandbox.pid}/ns/{paths[namespace['type']]}"
        for kind in "bounding", "effective", "permitted":
            config["process"]["capabilities"][kind] = ["CAP_" + name for name in CAPABILITIES]
        mounts = [mount for mount in config["mounts"] if mount["destination"] != "/sys"]
        mounts.append({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]})
        for number, name in enumerate(["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"] + [f"/volumes/{n}" for n in range(9)]):
            source = f"{self.work}/host{name}"
            os.makedirs(os.path.dirname(source), exist_ok=True)
            if name.startswith("/etc"):
                open(source, "a").close()
            else:
                os.makedirs(source, exist_ok=True)
            mount = {"destination": name, "type": "bind", "source": source, "options": ["rbind", "rprivate", "ro" if number == 2 else "rw"]}
            if number < 5:
                mount["uidMappings"] = mount["gidMappings"] = MAPPING
            mounts.append(mount)
        while len(mounts) < 20:
            mounts.append({"destination": f"/volumes/{len(mounts)}", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "size=64k"]})
        config["mounts"] = mounts
        return config

    def bundle(self, name, config, args):
        """The directory of a bundle; cgroupsPath is filled in for each container by the runtimes (they are below /bench-NAME)."""
        directory = f"{self.work}/bundle-{name}"
        os.makedirs(directory, exist_ok=True)
        config["process"]["args"] = args
        with open(directory + "/config.json", "w") as file:
            json.dump(config, file)
        return directory

    def close(self):
        if self.sandbox:
            self.sandbox.kill()
            self.sandbox.wait()


def own_builds():
    """The repository's builds: that on musl, where there is one, and ./hull."""
    return [path for path in (REPO + "/build/musl/hull", REPO + "/hull") if os.path.exists(path)]


def runtimes(hull):
    """(NAME, PROGRAM) of hull and of every other runtime that can be had here."""
    found = [("hull", hull)] + [("hull-glibc", other) for other in own_builds()[1:]]
    answer = subprocess.run([HERE + "/others"], stdout=subprocess.PIPE, text=True)
    for line in answer.stdout.splitlines():
        name, program = line.split()
        found.append((name, program))
    return found


def in_view(program):
    """Executes the program once more, in a cgroup v2 view of its own, where every runtime works."""
    if os.environ.get("HULL_BENCH_VIEW"):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was made is removed
        return
    os.environ["HULL_BENCH_VIEW"] = "yes"
    os.execv(HERE + "/v2view", [HERE + "/v2view", sys.executable, program] + sys.argv[1:])


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else None


def progress(text):
    print(text, file=sys.stderr, flush=True)
