#!/usr/bin/env bash
# What may happen to a docker daemon: its disk is full; the machine goes down under it. The caches are in the store and stay as they were.
# shellcheck disable=SC2016 # texts for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
need_program python3 tar pgrep
why=$(start_engine docker)
[[ -z $why ]] || skip "$why"
[[ $own_target == x64 ]] || skip 'the volumes of this test are named as on x86_64'
on_exit() {
    pkill -KILL -f "containerd.* $work/docker/exec" || true
    stop_dockerd
}

# All that the daemon keeps, on a disk of its own.
tiny_root
mkdir -p "$work/docker/data"
mount -t tmpfs -o size=64m none "$work/docker/data"
start_dockerd || skip "dockerd does not start: $(tail -n 1 "$work/docker/log")"
docker import "$work/tiny.tar" larder-test:tiny >/dev/null
make_recipe "$HOME"
make_project_of_scripts "$work/app"
# shellcheck disable=SC2120 # `good` and `run` give it arguments
build() { "$larder" build x64 --engine docker --image larder-test:tiny -C "$work/app" --trust "$@"; }
current() { (cd "$LARDER_STORE" && grep -r '' refs --include=current | sort); }
good build
wait_for_upkeep
before=$(current)

# A build that waits inside; its pid is in $pid.
start_gated() {
    close_gate "$work/app"
    build --force >"$work/stdout" 2>"$work/stderr" </dev/null &
    pid=$!
    until_true 60 builds # and not one before it, whose folder may still be there
    until_true 60 is_written reached
}
builds() { [[ $(docker ps --quiet | xargs -r docker logs 2>/dev/null) == fetched* ]]; }
ended() {
    status=0
    wait "$pid" 2>/dev/null || status=$?
    open_gate "$work/app"
}

say 'who knows the daemon by another name, or is in another network namespace, leaves a running build alone'
make_project_of_scripts "$work/other"
ln -s "$work/docker/sock" "$work/other-sock"
start_gated
others_build() { "$larder" build x64 --engine docker --image larder-test:tiny -C "$work/other" --trust --force --quiet >"$work/others" 2>&1; }
expect env DOCKER_HOST="unix://$work/other-sock" bash -c "$(declare -f others_build); larder=$larder work=$work others_build"
expect unshare --net bash -c "$(declare -f others_build); larder=$larder work=$work others_build"
open_gate "$work/app"
ended
expect_status 0

say 'a container that is stopped is said to be stopped'
wait_for_upkeep
before=$(current)
start_gated
docker stop --time 1 "$(docker ps --quiet)" >/dev/null
ended
expect_status 1
expect_err 'the container was stopped from outside'
expect_equal "$(current)" "$before" 'a stopped container changed the caches'

say 'images are taken for what they are, whatever docker takes by default'
rm -r "$LARDER_STORE/engines" # what is known of the daemon is found out once more
for platform in linux/arm64 nonsense; do
    good env DOCKER_DEFAULT_PLATFORM=$platform "$larder" build x64 --engine docker --image larder-test:tiny -C "$work/app" --trust --force
    refuse_err 'plain volumes'
done
wait_for_upkeep

say "exit codes are the command's, and what docker refuses is docker's"
in_image() { "$larder" run x64 --engine docker --image larder-test:tiny -C "$work/app" "$@"; }
run in_image sh -c 'echo "docker: Error response from daemon: not really" >&2; exit 125'
expect_status 125
refuse_err 'hint: '
run in_image nosuchprogram
expect_status 127
expect_err 'the image has no program `nosuchprogram`'
run in_image --cpus 100000 true
expect_status 3
expect_err 'hint: '
run in_image --memory 1MB true
expect_status 2
expect_err 'is less memory than a container can have'

say 'the daemon is stopped during a build, as an upgrade does'
start_gated
kill "$dockerd_pid"
wait "$dockerd_pid" 2>/dev/null || true
ended
expect_status 3
expect_err 'docker has ended during the build'
expect_equal "$(current | grep script-target)" "$(grep script-target <<<"$before")" 'the compiled volume'
start_dockerd || fail "dockerd does not start again: $(tail -n 3 "$work/docker/log")"

good build
wait_for_upkeep
before=$(current)

say 'the disk of the daemon is full'
head -c 100M /dev/zero >"$work/docker/data/filler" 2>/dev/null || true
run build
expect_status 3
expect_err "the engine's disk is full"
expect_err 'hint: '
expect_equal "$(current)" "$before" 'a full disk changed the caches'
rm "$work/docker/data/filler"
good build --json
expect_equal "$(json 'data["targets"][0]["cache_changed"]')" False

say 'a build fills it: what it says is told'
printf 'cat /dev/zero >/big\n' >>"$work/app/build.sh"
run build
expect_status 1
expect_err 'No space left on device'
make_project_of_scripts "$work/app"
good build

say 'the machine goes down: nothing of the processes is left, nor of what is not on a disk'
wait_for_upkeep
before=$(current)
start_gated
first_process=$(docker ps --quiet | xargs docker inspect --format '{{.State.Pid}}')
{
    mapfile -t pids < <(pgrep -f "^[^ ]*larder build x64 --engine docker --image larder-test:tiny -C $work/app")
    kill -KILL "${pids[@]}" "$dockerd_pid"
    pkill -KILL -f "containerd.* $work/docker/exec"
    kill -KILL "$first_process"
    wait
} 2>/dev/null
unmount_below "$work/docker/data"
unmount_below "$work/docker/exec"
rm -rf "$work/docker/exec" "$work/docker/pid"
open_gate "$work/app"
start_dockerd || fail "dockerd does not start again: $(tail -n 3 "$work/docker/log")"
good build
refuse_err 'starts from nothing'
expect_equal "$(current)" "$before" 'the caches'
no_containers() { [[ -z $(docker ps --all --quiet) ]]; }
no_volumes() { [[ -z $(docker volume ls --quiet) ]]; }
until_true 30 no_containers
until_true 30 no_volumes
