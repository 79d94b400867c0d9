# SPDX-License-Identifier: LGPL-2.1-or-later
# buildah, as root and as a user
# shellcheck shell=bash disable=SC2016 # what stands in single quotes is for the shell in the container
. /engines/podman-helpers.bash

begin() {
    configure_podman
    prepare_tester
    buildah pull -q "docker-archive:$ARCHIVE"
    as_tester buildah pull -q "docker-archive:$ARCHIVE"
    mkdir -p /tmp/context
    echo from the context > /tmp/context/file
    cat > /tmp/context/Containerfile <<-FILE
		FROM $IMAGE
		COPY file /file
		RUN test "\$(id -u)" = 0 && echo built > /built && chown 1000:10 /built
		RUN --mount=type=bind,source=file,target=/bound cat /bound > /copied
		RUN --mount=type=cache,target=/cache echo x > /cache/x
		RUN --network=none test ! -e /sys/class/net/eth0
		USER 1000
		RUN id -u > /tmp/who && ! touch /root/x 2> /dev/null
		CMD cat /file
	FILE
    cp -r /tmp/context /home/tester/
    chown -R tester:tester /home/tester/context
}
tidy() {
    buildah rm -a
    as_tester buildah rm -a
}
# check_image MOUNTED-DIRECTORY FIRST-ID: is it what the Containerfile says?
check_image() {
    same "$(cat "$1/file" "$1/built" "$1/copied" "$1/tmp/who" | xargs)" 'from the context built from the context 1000'
    same "$(owner "$1/built")" "$2"
}

scenario bud quick uml 'bud: RUN steps with mounts, users, no network; as root'
bud() {
    buildah bud $BUILD_LIMITS -q -t built /tmp/context
    container=$(buildah from built)
    check_image "$(buildah mount "$container")" 1000:10
}

scenario run_it quick 'from, run, commit; as root'
run_it() {
    container=$(buildah from $BUILD_LIMITS $IMAGE)
    same "$(buildah run "$container" -- sh -c 'echo out; id -u' | xargs)" 'out 0'
    same "$(status_of buildah run "$container" -- sh -c 'exit 5')" 5
    same "$(echo typed | buildah run "$container" -- cat)" typed
    same "$(buildah run --user 1000:10 --workingdir /www -e A=b "$container" -- sh -c 'echo $(id -u) $PWD $A')" '1000 /www b'
    same "$(buildah run -v /tmp/context:/there:ro "$container" -- cat /there/file)" 'from the context'
    buildah run --cap-add CAP_SYS_ADMIN --isolation oci "$container" -- touch /made
    buildah commit -q "$container" committed
    has "$(fails buildah run "$container" -- no-such-program)" "$RUNTIME_PATH"
}

scenario terminal 'run -t'
terminal() {
    container=$(buildah from $BUILD_LIMITS $IMAGE)
    on_terminal "buildah run -t $container -- sh -c 'tty > /seen'" # the last words on a terminal may be lost
    same "$(buildah run "$container" -- cat /seen)" /dev/pts/0
}

scenario userns 'bud --userns-uid-map: root of the steps is somebody else'
userns() {
    buildah bud $BUILD_LIMITS --userns-uid-map 0:100000:70000 --userns-gid-map 0:100000:70000 -q -t mapped - <<-FILE
		FROM $IMAGE
		RUN cat /proc/self/uid_map > /map && touch /made
	FILE
    container=$(buildah from mapped)
    same "$(tr -s ' ' < "$(buildah mount "$container")/map" | xargs)" '0 100000 70000'
}

scenario bud_rootless quick uml 'bud: the same as a user without privileges'
bud_rootless() {
    as_tester buildah bud $BUILD_LIMITS -q -t built /home/tester/context
    container=$(as_tester buildah from built)
    same "$(as_tester buildah run "$container" -- sh -c 'cat /file /built /copied /tmp/who; stat -c %u:%g /built' | xargs)" \
        'from the context built from the context 1000 1000:10'
}

scenario isolation_oci_rootless 'run --isolation oci and rootless, as a user'
isolation_oci_rootless() {
    container=$(as_tester buildah from $BUILD_LIMITS $IMAGE)
    same "$(as_tester buildah run --isolation rootless "$container" -- id -u)" 0
    same "$(as_tester buildah run --isolation rootless --user 1000 "$container" -- id -u)" 1000
    same "$(status_of as_tester buildah run --isolation rootless "$container" -- sh -c 'exit 6')" 6
}

scenario nothing_left quick uml 'nothing is left'
nothing_left() {
    same "$("$RUNTIME" list -q)" ''
    same "$(processes 'conmon|sleep')" 0 processes
}
