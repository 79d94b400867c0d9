# SPDX-License-Identifier: LGPL-2.1-or-later
# Read by `differences` before each row of rows.bash. A row runs in a directory and a mount namespace
# of its own and prints what the runtime does, in a few words: a cell of docs/differences.md.
#
# $R: the runtime; $KIND: hull, runc or crun; $N: the container's ID; $HULL: makes configurations.
# Functions end in a line of output only where their comment says so.
set -u
S=$PWD/state
umask 022

# bundle: a bundle of busybox in ./b, and goes there; the same configuration for every runtime
bundle() {
    local name
    mkdir -p b/rootfs/{bin,dev,etc,mnt,proc,sys,tmp,run} && cd b || exit 1
    cp "$(command -v busybox)" rootfs/bin/busybox
    for name in cat date echo env false grep id kill ls mount readlink sh sleep stat tail test touch \
        true umask; do ln -s busybox "rootfs/bin/$name"; done
    "$HULL" spec
    j 'del(.linux.seccomp) | .ociVersion = "1.0.2" | .process.terminal = false |
        .root.readonly = false | .process.args = ["true"]'
}
j() { jq "$@" config.json > new.json && mv new.json config.json; }    # j FILTER: edits config.json
a() { # a WORD...: the command
    jq '.process.args = $ARGS.positional' config.json --args -- "$@" > new.json && mv new.json config.json
}
userns() { # gives the configuration a user namespace
    j '.linux.namespaces += [{type: "user"}] |
        .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
        .linux.gidMappings = .linux.uidMappings'
    chown 100000:100000 rootfs
}

# r WORD...: the runtime, its output in $out and its status in $rc. Output to files: a container that
# stays would keep a pipe open.
r() {
    timeout -k 1 15 "$R" --root "$S" "$@" < /dev/null > "$S.out" 2> "$S.err"
    rc=$?
    out=$(cat "$S.out")
    err=$(cat "$S.err")
    return $rc
}
verdict() { if r "$@"; then echo accepted; else echo error; fi; }    # prints which
runs() { verdict run "$N"; }                                         # likewise
begin() { a sleep 100; r run --detach "$N"; }                        # a container that runs
pid() { r state "$N" && jq .pid <<< "$out"; }                        # prints it

# each FILTER VALUE...: prints the verdict of `run` with each value as $v
each() {
    local filter=$1 value all=''
    shift
    cp config.json kept.json
    for value; do
        j --argjson v "$value" "$filter" 2> /dev/null
        all+="${all:+, }${value//\"/}: $(runs)"
        r delete --force "$N"
        cp kept.json config.json
    done
    case $all in
    *accepted*error* | *error*accepted*) echo "$all" ;;
    *accepted*) echo accepted ;;
    *) echo error ;;
    esac
}
