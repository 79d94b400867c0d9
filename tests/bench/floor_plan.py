# SPDX-License-Identifier: LGPL-2.1-or-later
"""The configuration of a bundle as plan.h, for floor.c."""
import os
import struct

CAPABILITIES = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
    NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
    SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP""".split()
ATTRIBUTES = {"ro": "MOUNT_ATTR_RDONLY", "nosuid": "MOUNT_ATTR_NOSUID", "nodev": "MOUNT_ATTR_NODEV", "noexec": "MOUNT_ATTR_NOEXEC",
              "strictatime": "MOUNT_ATTR_STRICTATIME"}


def string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mount(entry):
    kind = "cgroup2" if entry["type"] == "cgroup" else entry["type"]
    pairs = [option.split("=") for option in entry.get("options", []) if "=" in option]
    attributes = [ATTRIBUTES[option] for option in entry.get("options", []) if option in ATTRIBUTES]
    at = entry["destination"].lstrip("/")
    return (f"{{ {string(kind)}, {string(at)}, {{ {', '.join(string(word) for pair in pairs for word in pair) or '0'} }}, "
            f"{' | '.join(attributes) or '0'}, {int(at.startswith('dev/'))} }}")


def masked(path):
    """A directory is marked by the slash in front."""
    return string(path if os.path.isdir(path) else path[1:])


def plan(config, device_program, seccomp):
    exists = [path for path in config["linux"]["maskedPaths"] if os.path.exists(path)]
    readonly = [path for path in config["linux"]["readonlyPaths"] if os.path.exists(path)]
    bounding = sum(1 << CAPABILITIES.index(name[4:]) for name in config["process"]["capabilities"]["bounding"])
    filters = [struct.unpack_from("HBBI", seccomp, at) for at in range(0, len(seccomp), 8)]
    return "\n".join([
        f"#define USERNS {int('uidMappings' in config['linux'])}",
        f"#define ROOTFS {string(config['root']['path'])}",
        f"#define HOSTNAME {string(config['hostname'])}",
        f"#define DEVICE_PROGRAM {string(device_program)}",
        f"#define BOUNDING {bounding}UL",
        f"#define MOUNTS {', '.join(map(mount, config['mounts']))}",
        f"#define MASKED {', '.join(map(masked, exists))}",
        f"#define READONLY {', '.join(string(path[1:]) for path in readonly)}",
        "#define FILTER " + ", ".join("{ %d, %d, %d, %uu }" % entry for entry in filters), ""])
