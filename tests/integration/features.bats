# SPDX-License-Identifier: LGPL-2.1-or-later
# features: the document of the runtime-spec, as engines read it.
load helpers

@test "features says what hull can do" {
    run_hull features
    assert_success
    features=$output
    says() { assert_equal "$(jq -c "$1" <<< "$features")" "$2" "$1"; }
    says .ociVersionMin '"1.0.0"'
    says .ociVersionMax '"1.3.0"'
    says .hooks '["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]'
    says .linux.namespaces '["cgroup","ipc","mount","network","pid","time","user","uts"]'
    says '.linux.cgroup | [.v1, .v2, .rdma]' '[true,true,true]'
    says .linux.seccomp.enabled true
    says .linux.seccomp.operators '["SCMP_CMP_EQ","SCMP_CMP_GE","SCMP_CMP_GT","SCMP_CMP_LE","SCMP_CMP_LT","SCMP_CMP_MASKED_EQ","SCMP_CMP_NE"]'
    says .linux.seccomp.knownFlags '["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
    says '.linux.seccomp.supportedFlags - .linux.seccomp.knownFlags' '[]'
    says '.linux | [.apparmor.enabled, .selinux.enabled, .netDevices.enabled]' '[true,true,true]'
    says .linux.intelRdt '{"enabled":true,"schemata":true,"monitoring":true}'
    says .linux.mountExtensions '{"idmap":{"enabled":true}}' # without it containerd and CRI-O refuse hostUsers: false
    says '.linux.memoryPolicy | [(.modes | length > 5), (.flags | length)]' '[true,3]'
    says '.annotations | keys' '["io.github.seccomp.libseccomp.version","io.hull.version","org.opencontainers.runc.checkpoint.enabled"]'
    says .potentiallyUnsafeConfigAnnotations '["io.hull.","org.criu.config","org.systemd.property.","run.oci."]'
}

@test "all mount options that the specification wants are there, idmap and ridmap too" {
    wanted="async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec noiversion
        nolazytime norelatime nostrictatime nosuid private rbind relatime remount ro rprivate rshared rslave runbindable rw shared
        silent slave strictatime suid sync unbindable nosymfollow symfollow ratime rdev rdiratime rexec rnoatime rnodev rnodiratime
        rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow rrelatime rro rrw rstrictatime rsuid rsymfollow mand nomand
        tmpcopyup idmap ridmap"
    options=$(hull features | jq -r '.mountOptions[]')
    for option in $wanted; do
        grep -qx "$option" <<< "$options" || fail "no $option"
    done
    assert_equal "$(sort <<< "$options")" "$options" "their order"
}

@test "all capabilities and architectures" {
    run_hull features
    last=$(cat /proc/sys/kernel/cap_last_cap)
    [ "$(jq '.linux.capabilities | length' <<< "$output")" -gt 40 ] || [ "$last" -lt 40 ]
    assert_equal "$(jq -r '.linux.capabilities[0, 21]' <<< "$output" | xargs)" "CAP_CHOWN CAP_SYS_ADMIN"
    for arch in X86_64 X86 X32 AARCH64 ARM LOONGARCH64 M68K SH SHEB RISCV64; do
        jq -e ".linux.seccomp.archs | index(\"SCMP_ARCH_$arch\")" <<< "$output" > /dev/null || fail "no $arch"
    done
    for action in ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP; do
        jq -e ".linux.seccomp.actions | index(\"SCMP_ACT_$action\")" <<< "$output" > /dev/null || fail "no $action"
    done
}

@test "the systemd manager is there when its helper is" {
    mkdir libexec
    assert_equal "$(HULL_LIBEXECDIR=$PWD/libexec hull features | jq -c '.linux.cgroup | [.systemd, .systemdUser]')" "[false,false]"
    printf '#!/bin/sh\n' > libexec/hull-systemd
    chmod +x libexec/hull-systemd
    assert_equal "$(HULL_LIBEXECDIR=$PWD/libexec hull features | jq -c '.linux.cgroup | [.systemd, .systemdUser]')" "[true,true]"
}

@test "a filter may name every architecture that features names, also those of another processor" {
    requires seccomp
    setup_bundle
    set_args true
    archs=$(hull features | jq -c '.linux.seccomp.archs - ["SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_PARISC",
        "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_M68K", "SCMP_ARCH_SHEB"]')
    update_config --argjson archs "$archs" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: $archs,
        syscalls: [{names: ["keyctl"], action: "SCMP_ACT_ERRNO"}]}'
    run_hull run "$ID"
    assert_success
}

@test "the document fits the schema of the specification" {
    requires command:python3
    hull features > "$BATS_TEST_TMPDIR/features.json"
    "$REPO/tests/lib/fits-schema" "$REPO/tests/data/oci-schema" features-schema.json "$BATS_TEST_TMPDIR/features.json"
}
