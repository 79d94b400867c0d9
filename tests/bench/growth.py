# SPDX-License-Identifier: LGPL-2.1-or-later
"""What create and delete cost while something grows: mounts and containers of the host, what the configuration holds, creates at once."""
import ctypes
import os
import shutil
import subprocess

from world import percentile, progress

libc = ctypes.CDLL(None, use_errno=True)
TOO_SLOW = 3000000  # microseconds: more rounds and larger numbers are left out
CALLS = """read write open close stat fstat lstat poll lseek mmap mprotect munmap brk ioctl access pipe select mremap msync dup nanosleep getpid socket
    connect accept sendto recvfrom bind listen clone fork execve exit wait4 kill uname fcntl flock fsync truncate getcwd chdir rename mkdir""".split()


class Growth:
    def __init__(self, bench, rounds):
        self.bench, self.rounds = bench, rounds
        self.runtimes = [(name, program) for name, program in bench.runtimes if (name, "userns") not in bench.failures]
        self.runtimes = [(name, program) for name, program in self.runtimes if program and name != "hull-glibc"]
        # of each other program the newest
        self.runtimes = list({name.split("-")[0]: (name, program) for name, program in self.runtimes}.values())
        self.points = []
        self.slow = set()  # (what, runtime)

    def words(self, name, program, *rest):
        return [program, "--root", f"/run/hull-bench/growth-{name}", *rest]

    def measure(self, what, n, bundle):
        for name, program in self.runtimes:
            created, deleted = [], []
            for number in range(self.rounds + 1):
                if (what, name) in self.slow:
                    break
                identity = f"g{n}x{number}"
                wall, cpu, status = self.bench.measure.ask("time", *self.words(name, program, "create", "--bundle", bundle, identity))
                if status != 0:
                    progress(f"{name} can't do {what} {n}: {self.bench.measure.said()}")
                    break
                self.bench.measure.ask("time", *self.words(name, program, "kill", identity, "KILL"))
                self.bench.measure.ask("reap")
                gone = self.bench.measure.ask("time", *self.words(name, program, "delete", identity))
                if wall > TOO_SLOW:
                    self.slow.add((what, name))
                if number or wall > TOO_SLOW:  # the first round makes what stays
                    created.append((wall, cpu))
                    deleted.append(gone)
            for operation, values in ("create", created), ("delete", deleted):
                if values:
                    self.points.append({"growth": what, "n": n, "runtime": name, "operation": operation,
                                        "wall": percentile([v[0] for v in values], .1), "cpu": percentile([v[1] for v in values], .5)})

    def host_mounts(self, counts):
        place = self.bench.work + "/mounts"
        made = 0
        os.makedirs(place)
        for n in counts:
            while made < n:
                made += 1
                os.mkdir(f"{place}/{made}")
                if libc.mount(b"none", f"{place}/{made}".encode(), b"tmpfs", 0, b"size=4k"):
                    raise OSError(ctypes.get_errno(), "mount")
            self.measure("mounts of the host", n, self.bench.bundles["userns", "pause"])
        for number in range(1, made + 1):
            libc.umount2(f"{place}/{number}".encode(), 2)

    def containers(self, counts):
        for name, program in self.runtimes:
            subprocess.run(self.words(name, program, "create", "--bundle", self.bench.bundles["userns", "pause"], f"model-{name[:4]}"), check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        made = 0
        for n in counts:
            while made < n:
                made += 1
                for name, _ in self.runtimes:
                    root = f"/run/hull-bench/growth-{name}"
                    shutil.copytree(f"{root}/model-{name[:4]}", f"{root}/fake{made}", symlinks=True, ignore=lambda d, files:
                                    [f for f in files if not os.path.isfile(d + "/" + f)])
            self.measure("containers in the state root", n, self.bench.bundles["userns", "pause"])
        for name, program in self.runtimes:
            for number in range(1, made + 1):
                shutil.rmtree(f"/run/hull-bench/growth-{name}/fake{number}")
            subprocess.run(self.words(name, program, "delete", "--force", f"model-{name[:4]}"), check=True)

    def configuration(self, full):
        """What a configuration can hold much of: linear at best. Devices without a user namespace, where they are made, not mounted."""
        source = self.bench.work + "/source"
        os.makedirs(source, exist_ok=True)
        many = [10, 1000, 10000] if full else [10, 1000]
        self.rounds = min(self.rounds, 5)

        def mounts(config, n):
            config["mounts"] += [{"destination": f"/volumes/{i}", "type": "bind", "source": source, "options": ["rbind", "rprivate"]} for i in range(n)]

        def devices(config, n):
            config["linux"]["devices"] = [{"path": f"/dev/many{i}", "type": "c", "major": 1, "minor": 3} for i in range(n)]

        def arguments(config, n):
            config["process"]["args"] += [f"argument-{i}" for i in range(n)]

        def environment(config, n):
            config["process"]["env"] += [f"VARIABLE_{i}=value" for i in range(n)]

        def annotations(config, n):
            config["annotations"] = {f"org.example.annotation-{i}": "value" for i in range(n)}

        def seccomp_rules(config, n):
            config["linux"]["seccomp"]["syscalls"] += [{"names": [CALLS[i % len(CALLS)]], "action": "SCMP_ACT_ALLOW"} for i in range(n)]

        def map_lines(config, n):
            # the kernel takes less than a page of text: short numbers
            lines = [{"containerID": i, "hostID": 1000 + i, "size": 1} for i in range(n)]
            config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = lines

        for what, counts, change in [("mounts of the configuration", [10, 100, 1000, 10000] if full else [10, 100], mounts), ("devices", many, devices),
                                     ("arguments", many, arguments), ("variables of the environment", many, environment),
                                     ("annotations", many, annotations), ("seccomp rules", many, seccomp_rules), ("lines of a map", [10, 100, 340], map_lines)]:
            for n in counts:
                config = self.bench.world.plain() if what == "devices" else self.bench.world.userns()
                config["process"]["args"] = ["/bin/pause"]
                change(config, n)
                bundle = self.bench.world.bundle(f"grown-{change.__name__}{n}", config, config["process"]["args"])
                self.measure(what, n, bundle)

    def at_once(self, counts):
        bundle = self.bench.bundles["userns", "pause"]
        for n in counts:
            for name, program in self.runtimes:
                wall, cpu, failed = self.bench.measure.ask("together", n, *self.words(name, program, "create", "--bundle", bundle, "t%"))
                self.bench.measure.ask("together", n, *self.words(name, program, "delete", "--force", "t%"))
                self.bench.measure.ask("reap")
                if failed:
                    progress(f"{name}: {failed} of {n} creates at once failed: {self.bench.measure.said()}")
                else:
                    self.points.append({"growth": "creates at once", "n": n, "runtime": name, "operation": "create", "wall": wall / n,
                                        "cpu": cpu / n})

    def run(self, full):
        self.host_mounts([10, 1000, 5000] if full else [10, 1000])
        self.containers([0, 1000, 5000] if full else [0, 1000])
        self.configuration(full)
        self.at_once([1, 2, 4, 8, 16, 32, 64] if full else [1, 4, 16])
        return self.points
