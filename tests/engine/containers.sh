#!/usr/bin/env bash
# The same behaviours on each engine, one after another: native, docker (as root and as an ordinary user) and podman (as root and
# rootless); the most telling ones also on docker daemons that map users, and that are an ordinary user's own. Ends with a table of engines and behaviours. Engines that this machine does not have are skipped.
# shellcheck disable=SC2016 # texts for the shell inside
# shellcheck disable=SC2317 # the behaviours are called by their names
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
((EUID == 0)) || skip 'only root can start a daemon and be two users; this test also runs as an ordinary user'
need_program python3 tar pgrep
[[ $own_target == x64 ]] || skip 'the volumes of this test are named as on x86_64'

kinds=(native docker docker-user podman podman-user docker-remap docker-rootless)
on_exit() { stop_engines; }

# ---- one engine at a time

# Everything of one kind: its caller, home, store and project.
enter() {
    kind=$1 client=${1%%-*} image='larder-test:tiny' owner=root place=$work/place/$1
    [[ $kind != native ]] || image=host
    ! is_users || owner='larder-test' place=$work/user/$kind
    mkdir -p "$place/home"
    make_recipe "$place/home"
    make_project_of_scripts "$place/app"
    chown -R "$owner": "$place"
}

is_users() { [[ $kind == *-user || $kind == docker-rootless ]]; }

# larder as this kind's caller.
build_with() {
    local settings program=$larder
    export SECRET_TOKEN=hidden-word
    case $1 in # the gate is a mount
        build) set -- "$@" --trust ;;
        run) set -- run --trust "${@:2}" ;;
    esac
    mapfile -t settings < <(engine_environment "$kind")
    settings+=("HOME=$place/home" "LARDER_STORE=${store:-$place/store}")
    case $kind in
        *-user | docker-rootless)
            program=$work/larder
            (cd "$place" && exec env --default-signal=INT runuser -u larder-test -- env TMPDIR=/tmp "${settings[@]}" "$program" "$@")
            ;;
        *) (cd "$place" && exec env --default-signal=INT "${settings[@]}" "$program" "$@") ;;
    esac
}

build() { build_with build x64 --engine "$client" --image "$image" -C "$place/app" "$@"; }
run_in() { build_with run x64 --engine "$client" --image "$image" -C "$place/app" "$@"; }

is_container() { [[ $kind != native ]]; }
not_here() { exit 77; }

settled_down() {
    wait_for_upkeep "$place/store"
    [[ -z $(ls -A "$place/store/transactions") ]]
}
our_containers() { engine "$kind" ps --all --quiet --filter "label=larder.store=$place/store"; }
our_volumes() { engine "$kind" volume ls --quiet --filter label=larder.store | sort; }
no_containers() { [[ -z $(our_containers) ]]; }
no_volumes() { [[ -z $(our_volumes) ]]; }
current() { (cd "$place/store" && grep -r '' refs --include=current | sort); }

# A build that waits inside; its pid is in $pid.
start_gated() {
    close_gate "$place/app"
    build "$@" >"$work/stdout" 2>"$work/stderr" </dev/null &
    pid=$!
    until_true 60 is_written reached "$place/store"
}
# Its sandboxes and keepers have the same command line, and sessions of their own.
larder_pid() { pgrep --session 0 -f "^[^ ]*larder build x64 --engine $client --image $image -C $place/app"; }
ended() {
    status=0
    wait "$pid" 2>/dev/null || status=$?
}

# ---- the behaviours

first_build() {
    good build
    expect_err 'starts from nothing'
    expect_equal "$("$place/app/target/x86_64-unknown-linux-gnu/release/busybox" echo works)" works
    good build --json
    expect_equal "$(json '[data["fetch"], data["targets"][0]["cache_changed"]]')" $'None\nFalse'
}

# The tool's messages are read on each engine, and not shown; lines for people are, whole.
messages_name_results() {
    make_named_results "$place/home" "$place/named"
    chown -R "$owner": "$place/named" "$place/home"
    good build_with build x64 --engine "$client" --image "$image" -C "$place/named" -v
    refuse_err compiler-artifact
    expect_equal "$(grep -c '| for people [0-9]*$' "$work/stderr")" 40 'lines for people'
    expect_equal "$(ls "$place/named/target/x86_64-unknown-linux-gnu/release")" made
}

files_are_the_callers() {
    good run_in -- sh -c 'touch made-inside target/also; id -u'
    local inside
    inside=$(id -u "$owner")
    [[ $kind != docker-rootless ]] || inside=0 # which is the caller outside
    expect_equal "$(<"$work/stdout")" "$inside" 'the id inside'
    expect_equal "$(find "$place/app" "$place/store" ! -user "$owner" ! -path '*/store/work/*')" '' 'files of others'
    rm "$place/app/made-inside"
}

# conmon, which carries what podman's containers write, may learn of a container's end before it sees podman's client. This one
# always does.
short_commands_are_heard() {
    [[ $client == podman ]] || not_here
    command -v gcc >/dev/null || not_here
    local conf=$work/podman/containers.conf
    [[ $kind == podman ]] || conf=$work/user/podman/containers.conf
    cat >"$work/late.c" <<'END_OF_FILE'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/wait.h>

pid_t waitpid(pid_t pid, int *status, int options) {
    static int has_looked;
    siginfo_t ended;
    if (pid == -1 && (options & WNOHANG) && !has_looked++) waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT);
    return ((pid_t (*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid"))(pid, status, options);
}
END_OF_FILE
    gcc -shared -fPIC -o "$work/late.so" "$work/late.c"
    printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$work/late.so" "$(command -v conmon)" >"$work/late-conmon"
    chmod 755 "$work/late.so" "$work/late-conmon"
    cp -p "$conf" "$work/containers.conf"
    printf 'conmon_path = ["%s"]\n' "$work/late-conmon" >>"$conf"
    run run_in -- sh -c 'echo said; echo told >&2; exit 7'
    cat "$work/stdout" "$work/stderr" >"$work/heard"
    local code=$status
    run build
    cp -p "$work/containers.conf" "$conf"
    expect_equal "$code" 7
    expect_equal "$(<"$work/heard")" $'said\ntold'
    expect_status 0
}

# Input reaches the command, and whoever does not read it hears its output all the same.
input_is_passed() {
    local heard
    heard=$(printf 'one\ntwo\n' | run_in -- cat)
    expect_equal "$heard" $'one\ntwo'
    heard=$(printf 'one\ntwo\n' | run_in -- sh -c 'echo said')
    expect_equal "$heard" said
    heard=$(run_in -- sh -c 'cat; echo said' </dev/null)
    expect_equal "$heard" said
    heard=$(run_in -- sh -c 'while echo x; do :; done' </dev/null | head -n 1) || true
    expect_equal "$heard" x
}

arguments_as_given() {
    good run_in -- printf '<%s>\n' 'a  b' '$HOME' "it's" 'say "x"' '' '*' $'two\nlines' '-e' ';'
    expect_equal "$(<"$work/stdout")" $'<a  b>\n<$HOME>\n<it\'s>\n<say "x">\n<>\n<*>\n<two\nlines>\n<-e>\n<;>'
}

exit_codes() {
    local code
    for code in 0 1 7 125 127 200; do
        run run_in -- sh -c "exit $code"
        expect_status "$code"
    done
    printf 'exit 9\n' >"$place/app/build.sh.new"
    cp "$place/app/build.sh" "$work/build.sh"
    mv "$place/app/build.sh.new" "$place/app/build.sh"
    run build --quiet
    cp "$work/build.sh" "$place/app/build.sh"
    expect_status 1
    expect_err 'failed with exit code 9'
}

environment_inside() {
    good run_in -- sh -c 'echo "$HOME $CARGO_X $SECRET_TOKEN"; touch ~/x /tmp/x; ls -A ~; ls /workspace/build.sh'
    expect_out '/home/larder'
    refuse_out hidden-word
    expect_out x
    printf '[build.env]\nCARGO_X = "a b"\n' >>"$place/app/larder.toml"
    good run_in -- sh -c 'echo "<$CARGO_X>"'
    make_project_of_scripts "$place/app"
    expect_out '<a b>'
}

# In mount options a comma and a colon have another meaning.
any_path_of_the_project() {
    local folder="$place/a, b:c"
    cp -a "$place/app" "$folder"
    good build_with build x64 --engine "$client" --image "$image" -C "$folder"
    grep -q . "$folder"/target/*/release/* || fail 'nothing was delivered'
    echo new >"$folder/new"
    good build_with run x64 --engine "$client" --image "$image" -C "$folder" -- cat new
    expect_equal "$(<"$work/stdout")" new
    rm -rf "$folder"
    wait_for_upkeep "$place/store"
}

# What lies around a project is there on each engine, read-only, and git's repository where git looks for it: in a folder of a repository, of
# a worktree and of a submodule; and what larder.toml names outside.
shows_what_is_around() {
    local top=$place/around folder
    mkdir -p "$top" "$place/outside"
    echo outside >"$place/outside/file"
    cat >"$place/around.sh" <<'END_OF_FILE'
mkdir -p target/out
cp /bin/busybox target/out/busybox
cat ../TEXT ../../beside/TEXT $OUTSIDE
touch ../new ../../beside/new 2>/dev/null && echo 'can be written to'
top=$(cd ../../.git && pwd) || top=$(sed 's/^gitdir: //' ../../.git)
cd ../.. && cd "$(dirname "$top")" && cat "$(basename "$top")/HEAD"
END_OF_FILE
    git init -q -b main "$top"
    mkdir -p "$top/inner/app" "$top/beside"
    echo above >"$top/inner/TEXT"
    echo beside >"$top/beside/TEXT"
    cp "$place/around.sh" "$top/inner/app/build.sh"
    : >"$top/inner/app/fetch.sh"
    git -C "$top" add -A
    git -C "$top" commit -qm one
    git -C "$top" worktree add -q "$place/other" -b other
    git init -q -b main "$place/super"
    git -C "$place/super" -c protocol.file.allow=always submodule --quiet add "$top" deps/sub
    printf '[workspace]\ninclude = ["../../../outside"]\n[build.env]\nOUTSIDE = "../../../outside/file"\n' >"$top/inner/app/larder.toml"
    chown -R "$owner": "$top" "$place/other" "$place/super" "$place/outside"
    for folder in "$top" "$place/other" "$place/super/deps/sub"; do
        good build_with build x64 --engine "$client" --image "$image" -C "$folder/inner/app" --trust -v
        expect_err '| above'
        expect_err '| beside'
        expect_err '| ref: refs/heads/'
        refuse_err 'can be written to'
        expect test -x "$folder/inner/app/target/x86_64-unknown-linux-gnu/release/busybox"
        [[ $folder != "$top" ]] || expect_err '| outside'
    done
    echo changed >"$top/beside/TEXT"
    good build_with build x64 --engine "$client" --image "$image" -C "$top/inner/app" --trust -v
    expect_err '| changed'
}

network_rules() {
    good run_in -- cat /proc/net/dev
    expect_equal "$(grep -c ':' "$work/stdout")" 1 'network interfaces in the build phase'
    good run_in --network -- cat /proc/net/dev
    (($(grep -c ':' "$work/stdout") > 1)) || fail 'no network where it was asked for'
}

secrets_stay_secret() {
    printf '[fetch]\npass_env = ["SECRET_TOKEN"]\n' >>"$place/app/larder.toml"
    cp "$place/app/fetch.sh" "$work/fetch.sh"
    cat >"$place/app/fetch.sh" <<'END_OF_FILE'
[ "$SECRET_TOKEN" = hidden-word ] || exit 3
echo fetched >/var/cache/script/thing
touch fetch-reached
while [ ! -e /gate/fetched ]; do sleep 0.05; done
END_OF_FILE
    build >"$work/stdout" 2>"$work/stderr" </dev/null &
    pid=$!
    until_true 60 is_written fetch-reached "$place/store"
    if is_container; then
        engine "$kind" ps --all --no-trunc --filter "label=larder.store=$place/store" --format '{{.Labels}} {{.Command}}' >"$work/shown"
        expect grep -q 'larder.target[=:]x64' "$work/shown"
        ! grep -q hidden-word "$work/shown" || fail 'the secret is in a label'
        ! tr '\0' ' ' < <(cat /proc/[0-9]*/cmdline 2>/dev/null) | grep -q 'TOKEN=hidden-wor[d]' || fail 'the secret is on a command line'
    fi
    touch "$place/app.gate/fetched"
    ended
    rm "$place/app.gate/fetched"
    cp "$work/fetch.sh" "$place/app/fetch.sh"
    make_project_of_scripts "$place/app"
    expect_status 0
    ! grep -rqF hidden-word "$place/store" || fail 'the secret is in the store'
}

volumes_are_seen() {
    is_container || not_here
    until_true 30 no_volumes # else these get longer names
    start_gated
    expect_equal "$(our_volumes)" $'script-cache-x64\nscript-target-app-x64' 'volumes of the engine'
    engine "$kind" volume inspect script-target-app-x64 >"$work/volume"
    expect_equal "$(json '[data[0]["Labels"][k] for k in ("larder.project", "larder.target", "larder.class")]' "$work/volume")" \
        $'app\nx64\ncompiled'
    engine "$kind" volume inspect script-cache-x64 >"$work/volume"
    expect_equal "$(json 'data[0]["Labels"]["larder.class"]' "$work/volume")" download
    open_gate "$place/app"
    ended
    expect_status 0
    until_true 30 no_volumes
    until_true 30 no_containers
}

two_at_once() {
    is_container || not_here
    start_gated
    good run_in -- sh -c 'cat /var/cache/script/thing'
    expect_out fetched
    open_gate "$place/app"
    ended
    expect_status 0
    until_true 30 no_volumes
}

interrupted() {
    start_gated
    kill -INT "$(larder_pid)"
    ended
    expect_status 130
    until_true 30 settled_down
    ! is_container || until_true 30 no_containers
    ! is_container || until_true 30 no_volumes
}

killed() {
    wait_for_upkeep "$place/store"
    local before
    before=$(current)
    start_gated
    kill -KILL "$(larder_pid)"
    ended
    ! is_container || until_true 60 no_containers
    ! is_container || until_true 60 no_volumes
    open_gate "$place/app"
    expect_equal "$(current)" "$before" 'a killed build changed the caches'
    good build
    until_true 30 settled_down
}

# Whoever kills larder may kill its keepers, too.
killed_with_keepers() {
    is_container || not_here
    start_gated
    local builder keepers
    builder=$(larder_pid)
    mapfile -t keepers < <(pgrep -f "^[^ ]*larder build x64 --engine $client --image $image -C $place/app" | grep -vx "$builder")
    ((${#keepers[@]})) || fail 'there is no keeper'
    kill -KILL "${keepers[@]}" # before larder, whose end they would see
    kill -KILL "$builder"
    ended
    expect_equal "$(our_containers | wc -l)" 1 'containers that outlived it'
    open_gate "$place/app"
    good build
    until_true 30 no_volumes
    no_containers || fail 'a container is left'
}

container_killed() {
    is_container || not_here
    wait_for_upkeep "$place/store"
    local before
    before=$(current)
    start_gated
    engine "$kind" kill "$(our_containers)" >/dev/null
    ended
    expect_status 1
    expect_err 'signal 9'
    expect_equal "$(current)" "$before" 'a killed container changed the caches'
    open_gate "$place/app"
    good build
}

foreign_volume() {
    is_container || not_here
    until_true 30 no_volumes
    engine "$kind" volume create script-cache-x64 >/dev/null
    run build
    engine "$kind" volume inspect script-cache-x64 >"$work/volume"
    engine "$kind" volume rm script-cache-x64 >/dev/null
    expect_status 3
    expect_err "has a volume script-cache-x64 that is not Larder's"
    expect_err "hint: "
    good build
}

limits() {
    is_container || not_here
    [[ $kind != podman-user || -e /sys/fs/cgroup/cgroup.controllers ]] || not_here # podman says so: not with cgroups v1
    start_gated --memory 256MiB --cpus 0.5
    engine "$kind" inspect "$(our_containers)" >"$work/container"
    open_gate "$place/app"
    ended
    expect_status 0
    expect_equal "$(json '[data[0]["HostConfig"]["Memory"], data[0]["HostConfig"]["NanoCpus"]]' "$work/container")" $'268435456\n500000000'
}

# The image need not say so itself; where the kernel can emulate it, the program runs.
other_processor() {
    is_container || not_here
    [[ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]] || not_here
    command -v aarch64-linux-gnu-gcc >/dev/null || not_here
    mkdir -p "$work/other/bin"
    echo 'int main(void) { return 0; }' | aarch64-linux-gnu-gcc -static -x c -o "$work/other/bin/sh" -
    tar -C "$work/other" -cf - . | engine "$kind" import - larder-test:other >/dev/null 2>&1
    run build_with build x64 --engine "$client" --image larder-test:other -C "$place/app"
    expect_status 3
    expect_err 'the image is for another processor, and nothing here emulates that'
}

missing_image() {
    is_container || not_here
    run build_with build x64 --engine "$client" --image larder-test:nothing --pull never -C "$place/app"
    expect_status 3
    expect_err "has no image larder-test:nothing"
    run build_with build x64 --engine "$client" --image 127.0.0.1:1/larder-test:nothing -C "$place/app"
    expect_status 3
    expect_err "cannot pull the image 127.0.0.1:1/larder-test:nothing"
    expect_err 'hint: '
}

image_without_shell() {
    is_container || not_here
    mkdir -p "$work/bare/bin"
    cp /bin/busybox "$work/bare/bin/true"
    tar -C "$work/bare" -cf "$work/bare.tar" .
    chmod 644 "$work/bare.tar"
    engine "$kind" import "$work/bare.tar" larder-test:bare >/dev/null 2>&1
    run build_with build x64 --engine "$client" --image larder-test:bare -C "$place/app"
    expect_status 3
    expect_err 'the image has no program `sh`'
    good build
}

extra_mounts() {
    mkdir -p "$place/shown"
    echo shown >"$place/shown/file"
    printf '[[build.mount]]\nsource = "%s"\npath = "/extra"\n' "$place/shown" >>"$place/app/larder.toml"
    run run_in -- sh -c 'cat /extra/file; touch /extra/new'
    make_project_of_scripts "$place/app"
    expect_out shown
    ((status != 0)) || fail 'an extra mount can be written to'
}

# What docker fetched is there for the others; stores are of one user.
warm_for_native() {
    [[ $kind == docker || $kind == podman ]] || not_here
    unshare -Urm true 2>/dev/null || not_here
    good build_with run x64 --engine native -C "$place/app" -- cat /var/cache/script/thing
    expect_out fetched
}

# Its image is unpacked once, and needs no daemon then.
runs_natively() {
    [[ $kind == docker || $kind == docker-user ]] || not_here
    unshare -Urm true 2>/dev/null || not_here
    command -v skopeo umoci newuidmap >/dev/null || not_here
    local store=$place/native-store image=docker-daemon:larder-test:tiny
    good build_with build x64 --engine native --image "$image" -C "$place/app"
    expect_err "preparing $image"
    DOCKER_HOST=unix:///no/socket
    good build_with run x64 --engine native --image "$image" -C "$place/app" -- /bin/busybox true
    refuse_err preparing
    run build_with build x64 --engine native --image "$image-too" -C "$place/app"
    expect_status 3
    expect_err 'no docker daemon can be asked for its images at /no/socket'
    DOCKER_HOST=tcp://127.0.0.1:1
    run build_with build x64 --engine native --image "$image-too" -C "$place/app"
    expect_status 3
    expect_err 'DOCKER_HOST is tcp://127.0.0.1:1'
    rm "$place/app/larder.lock"
}

# With the same image, what was compiled in docker is warm for podman.
shares_with_docker() {
    local settings there=$work/place/docker
    [[ $kind == podman && -d $there/store ]] || not_here
    docker tag larder-test:tiny localhost/larder-test:shared
    docker save localhost/larder-test:shared | engine podman load >/dev/null 2>&1
    mapfile -t settings < <(engine_environment podman)
    settings+=("HOME=$there/home" "LARDER_STORE=$there/store")
    good env "${settings[@]}" "$larder" build x64 --engine docker --image larder-test:tiny -C "$there/app"
    good env "${settings[@]}" "$larder" build x64 --engine podman --image localhost/larder-test:shared -C "$there/app" --json
    expect_equal "$(json '[data["fetch"], data["targets"][0]["cache_changed"], data["targets"][0]["outcome"]]')" $'None\nFalse\nok'
}

cleaned() {
    wait_for_upkeep "$place/store"
    good build_with cache list
    expect_out script-cache-x64
    good build_with cache clean --all --yes
    good build
    expect_err 'script-cache-x64: empty, starts from nothing'
}

adopts_plain_volumes() {
    is_container || not_here
    local volume=old-cache shown
    engine "$kind" run --rm --network none --volume "$volume:/d" larder-test:tiny \
        sh -c 'echo old >/d/old; mkdir /d/sub; ln -s ../old /d/sub/link; chmod 640 /d/old; stat -c "%y" /d/old' >"$work/time"
    good build_with cache import "--from-$client-volume" "$volume" --as script-cache-x64 --image larder-test:tiny
    engine "$kind" volume rm "$volume" >/dev/null
    good run_in -- sh -c 'cat /var/cache/script/sub/link; stat -c "%y" /var/cache/script/old; stat -c "%a %u" /var/cache/script/old'
    # A user of docker copies by a container, here with busybox's cp, which knows seconds only.
    [[ $kind != docker-user ]] || sed -i 's/[.][0-9]*/.000000000/' "$work/time"
    shown=$(printf 'old\n%s\n640 %s' "$(<"$work/time")" "$(id -u "$owner")")
    expect_equal "$(<"$work/stdout")" "$shown" 'what was imported'
    expect grep -qE '[0-9]\.[0-9]{9}' "$work/time"
    run build_with cache import "--from-$client-volume" nothing --as script-cache-x64
    expect_status 3
    run build_with cache import "--from-$client-volume" nothing
    expect_status 2
}

# What killed everything else: the engine itself.
daemon_lost() {
    [[ $kind == docker ]] || not_here
    wait_for_upkeep "$place/store"
    local before
    before=$(current)
    start_gated
    kill -KILL "$dockerd_pid"
    wait "$dockerd_pid" 2>/dev/null || true
    ended
    expect_status 3
    expect_err 'hint: '
    expect_equal "$(current)" "$before" 'a lost daemon changed the caches'
    run build
    expect_status 3
    expect_err 'the docker daemon does not answer'
    open_gate "$place/app"
    pkill -KILL -f "containerd.* $work/docker/exec" || true # as a reboot would
    rm -f "$work/docker/pid" "$work/docker/exec/containerd/containerd.pid"
    start_dockerd || fail "dockerd does not start again: $(tail -n 3 "$work/docker/log")"
    echo "$dockerd_pid" >"$work/dockerd.pid"
    good build
    refuse_err 'starts from nothing'
}

# Caches outlive the daemon.
daemon_restarted() {
    [[ $kind == docker ]] || not_here
    stop_dockerd
    start_dockerd || fail 'dockerd does not start again'
    echo "$dockerd_pid" >"$work/dockerd.pid"
    good build --json
    expect_equal "$(json '[data["fetch"], data["targets"][0]["cache_changed"]]')" $'None\nFalse'
}

behaviours=(first_build messages_name_results files_are_the_callers short_commands_are_heard input_is_passed arguments_as_given exit_codes environment_inside any_path_of_the_project shows_what_is_around network_rules secrets_stay_secret
    extra_mounts limits volumes_are_seen two_at_once interrupted killed killed_with_keepers container_killed foreign_volume
    other_processor missing_image image_without_shell adopts_plain_volumes warm_for_native runs_natively shares_with_docker daemon_restarted daemon_lost cleaned)

telling=(first_build files_are_the_callers shows_what_is_around volumes_are_seen interrupted killed container_killed)

# ---- the table

# After a failure: nothing that it left may disturb the next one.
recover() {
    local pids
    mapfile -t pids < <(pgrep -f "larder build x64 --engine $client .* $place/app" || true)
    ((!${#pids[@]})) || kill -KILL "${pids[@]}" 2>/dev/null || true
    ! is_container || engine "$kind" ps --all --quiet | while read -r name; do engine "$kind" rm --force "$name"; done
    ! is_container || engine "$kind" volume prune --force
    make_project_of_scripts "$place/app"
    build # so that what is new in the project is fetched before the next one looks
} >/dev/null 2>&1

declare -A cell=()
failed=0
try() {
    local behaviour=$1 outcome
    set +e
    # LARDER_TEST_KEEP: the subshell must not remove what the others need
    (
        trap - EXIT
        set -e
        $behaviour
    ) >"$work/said" 2>&1
    outcome=$?
    set -e
    [[ ! -e $work/dockerd.pid ]] || { dockerd_pid=$(<"$work/dockerd.pid") && rm "$work/dockerd.pid"; }
    case $outcome in
        0) cell[$kind/$behaviour]=ok ;;
        77) cell[$kind/$behaviour]=- ;;
        *)
            cell[$kind/$behaviour]=FAILED
            failed=1
            printf '== %s: %s\n' "$kind" "$behaviour"
            cat "$work/said"
            recover || true
            ;;
    esac
}

# With a table of its own where a kind or behaviour is named: LARDER_TEST_KINDS, LARDER_TEST_BEHAVIOURS.
read -ra kinds <<<"${LARDER_TEST_KINDS-${kinds[*]}}"
read -ra behaviours <<<"${LARDER_TEST_BEHAVIOURS-${behaviours[*]}}"

((EUID != 0)) || need_user
[[ ! -x /bin/busybox ]] || tiny_root
ran=()
for kind in "${kinds[@]}"; do
    why=$(start_engine "$kind")
    if [[ -z $why ]]; then
        case $kind in
            docker | docker-user) [[ -n ${dockerd_pid-} ]] || { start_dockerd && docker import "$work/tiny.tar" larder-test:tiny >/dev/null; } ||
                why="dockerd does not start: $(tail -n 1 "$work/docker/log")" ;;
            docker-remap | docker-rootless)
                stop_dockerd
                { "start_dockerd_${kind#docker-}" && docker import - larder-test:tiny <"$work/tiny.tar" >/dev/null; } ||
                    why="dockerd does not start: $(tail -n 1 "${docker_folder:-$work/docker}/log")"
                ;;
            podman) start_podman || why=$(tail -n 1 "$work/podman/log") ;;
            podman-user) start_podman_user || why=$(tail -n 1 "$work/podman-user.log") ;;
        esac
    fi
    if [[ -n $why ]]; then
        printf 'skipped: %s: %s\n' "$kind" "$why"
        continue
    fi
    ran+=("$kind")
    enter "$kind"
    for behaviour in "${behaviours[@]}"; do
        case $kind in
            docker-remap | docker-rootless) [[ " ${telling[*]} " == *" $behaviour "* ]] || continue ;;
        esac
        try "$behaviour"
        [[ ${cell[$kind/first_build]-} != FAILED ]] || break # nothing else can work
    done
done
((${#ran[@]})) || skip 'no engine can run here'

printf '\n%-24s' behaviour
printf '%-16s' "${ran[@]}"
for behaviour in "${behaviours[@]}"; do
    printf '\n%-24s' "${behaviour//_/ }"
    for kind in "${ran[@]}"; do printf '%-16s' "${cell[$kind/$behaviour]--}"; done
done
printf '\n'
exit $failed
