#!/usr/bin/env bash
# A docker daemon that sees projects and not the store, as one in a virtual machine or at the other end of a TCP connection does: its
# own mount namespace has nothing where the stores are. As root and as an ordinary user.
# shellcheck disable=SC2016 # texts for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
need_program python3 tar pgrep unshare
why=$(start_engine docker)
[[ -z $why ]] || skip "$why"
[[ $own_target == x64 ]] || skip 'the volumes of this test are named as on x86_64'
need_user
on_exit() { stop_dockerd; }

mkdir -p "$work/hidden"
chmod 777 "$work/hidden"
cat >"$work/blind" <<END_OF_FILE
#!/bin/sh
exec unshare --mount --propagation private sh -c 'mount -t tmpfs none "\$0" && exec "\$@"' "$work/hidden" "\$@"
END_OF_FILE
chmod 755 "$work/blind"
dockerd_before=$work/blind
tiny_root
start_dockerd || skip "dockerd does not start: $(tail -n 1 "$work/docker/log")"
docker import "$work/tiny.tar" larder-test:tiny >/dev/null

be() { owner=$1 place=$work/place/$1 store=$work/hidden/$1; }
# Everything of one caller.
enter() {
    be "$1"
    mkdir -p "$place/home" "$store"
    chmod 711 "$work/place" "$work/hidden"
    make_recipe "$place/home"
    make_project_of_scripts "$place/app"
    cat >>"$place/app/build.sh" <<'END_OF_FILE'
echo x >>target/builds
echo "build $(grep -c x target/builds)"
END_OF_FILE
    chown -R "$owner": "$place" "$store"
}
through=() # a program that executes its arguments
larder_of() {
    local program=(runuser -u "$owner" -- env TMPDIR=/tmp)
    [[ $owner != root ]] || program=(env)
    (cd "$place" && exec "${through[@]}" "${program[@]}" "DOCKER_HOST=$DOCKER_HOST" "DOCKER_CONFIG=$DOCKER_CONFIG" "HOME=$place/home" \
        "LARDER_STORE=$store" "$work/larder" "$@")
}
# shellcheck disable=SC2120 # `good` and `run` give it arguments
build() { larder_of build "${targets[@]}" --engine docker --image larder-test:tiny -C "$place/app" --trust "$@"; }
ours() { docker volume ls --quiet --filter label=larder.class | sort; }
compiled_volume() { ours | grep '^script-target-app-x64-[0-9a-f]\{16\}$'; }
no_containers() { [[ -z $(docker ps --all --quiet) ]]; }

for user in root larder-test; do
    enter "$user"
    targets=(x64)

    say "$user: builds, and says what such volumes lack"
    good build -v
    expect_err 'docker keeps the caches itself, as plain volumes'
    expect_err 'the engine cannot mount layers of the store'
    expect_err 'build 1'
    expect_equal "$("$place/app/target/x86_64-unknown-linux-gnu/release/busybox" echo works)" works
    expect_equal "$(find "$place/app" ! -user "$owner")" '' 'files of others'
    expect_equal "$(find "$place/app/target" -name '.larder-*')" '' 'folders that are left'
    expect_equal "$(ours | sed 's/-[0-9a-f]\{16\}$//')" $'script-cache-x64\nscript-target-app-x64' 'volumes'
    docker volume inspect "$(compiled_volume)" script-cache-x64 >"$work/volumes"
    expect_equal "$(json '[data[0]["Labels"][k] for k in ("larder.project", "larder.target", "larder.class")]' "$work/volumes")" \
        $'app\nx64\ncompiled'
    expect_equal "$(json 'data[1]["Labels"]["larder.class"]' "$work/volumes")" download

    say "$user: a tool's messages name the results"
    make_named_results "$place/home" "$place/named"
    chown -R "$owner": "$place/named" "$place/home"
    good larder_of build x64 --engine docker --image larder-test:tiny -C "$place/named" -v
    refuse_err compiler-artifact
    expect_equal "$(ls "$place/named/target/x86_64-unknown-linux-gnu/release")" made
    good larder_of cache clean "$(ours | grep '^named-')" --yes

    say "$user: the next build finds what the last one left, and fetches nothing"
    good build --json
    expect_equal "$(json '[data["fetch"], len(data["targets"][0]["artifacts"])]')" $'None\n1'
    good build -v
    expect_err 'build 3'
    refuse_err fetching
    expect_equal "$(larder_of run x64 --engine docker --image larder-test:tiny -C "$place/app" -- sh -c 'grep -c x target/builds; id -u')" \
        "3"$'\n'"$(id -u "$owner")"

    say "$user: a failed build ends as it did"
    cp "$place/app/build.sh" "$work/build.sh"
    printf 'exit 9\n' >"$place/app/build.sh"
    run build
    cp "$work/build.sh" "$place/app/build.sh"
    expect_status 1
    expect_err 'failed with exit code 9'

    say "$user: each target fetches for itself"
    targets=(x64 musl-x64)
    good build
    expect_equal "$(ours | grep -c cache)" 2 'download volumes'
    targets=(x64)

    say "$user: the caches are listed, with their sizes"
    good larder_of cache list
    expect_out 'docker keeps itself'
    expect grep -qE 'script-cache-x64 +x64 +download +[0-9.]+ k?B' "$work/stdout"
    good larder_of cache stats --json
    size=$(json '[v["size_bytes"] for v in data["engines"][0]["volumes"] if v["name"].startswith("script-target-app-x64")][0]')
    real=$(stat -c %s /bin/busybox)
    ((size > real * 99 / 100 && size < real * 102 / 100)) || fail "the compiled volume has $size bytes, and busybox $real"

    say "$user: larder is killed: the container goes, the volumes stay"
    close_gate "$place/app"
    build >/dev/null 2>&1 </dev/null &
    pid=$!
    until_true 60 test -e "$place/app/reached"
    mapfile -t pids < <(pgrep --session 0 -f "^[^ ]*larder build x64 --engine docker --image larder-test:tiny -C $place/app")
    kill -KILL "${pids[@]}"
    wait "$pid" 2>/dev/null || true
    until_true 60 no_containers
    open_gate "$place/app"
    good build -v
    expect_err 'build '
    refuse_err fetching
    expect_equal "$(find "$place/app/target" -name '.larder-*')" '' 'folders that are left'

    say "$user: who removes a volume has it fetched again"
    docker volume rm script-cache-x64 >/dev/null
    good build -v
    expect_err fetching

    say "$user: a volume that is not Larder's stays as it is"
    docker volume rm script-cache-x64 >/dev/null
    docker volume create script-cache-x64 >/dev/null
    run build
    docker volume rm script-cache-x64 >/dev/null
    expect_status 3
    expect_err "has a volume script-cache-x64 that is not Larder's"

    say "$user: a project that the daemon does not see"
    cp -a "$place/app" "$store/app"
    run larder_of build x64 --engine docker --image larder-test:tiny -C "$store/app"
    expect_status 3
    expect_err "the engine does not see this machine's files"
    expect_err 'hint: '
    rm -r "$store/app"

    say "$user: pruning and cleaning"
    good build
    good larder_of cache prune --max-age 1h
    refuse_out 'Removed besides'
    find "$store/engines" -name 'volume-*' -exec touch -d '2 days ago' {} +
    good larder_of cache prune --max-age 1d --dry-run
    expect_out 'Would go besides'
    good larder_of cache clean script-cache-x64 --yes
    expect_out 'Removed 1 volume'
    [[ -n $(compiled_volume) ]] || fail 'the other volume has gone, too'
    good larder_of cache prune --max-age 1d
    expect_out 'script-target-app-x64'
    expect_equal "$(ours)" '' 'volumes after pruning'
    good build
    expect_err 'plain volumes'
    good larder_of cache clean --all --yes
    expect_equal "$(ours)" '' 'volumes after cleaning'
done

say 'a build of another store, whose locks are not to be seen, leaves a running one alone'
be root
close_gate "$place/app"
build >"$work/first" 2>&1 </dev/null &
pid=$!
until_true 60 test -e "$place/app/reached"
mkdir "$work/hidden/another"
through=(unshare --net)
store=$work/hidden/another
run build
through=()
expect_status 3
expect_err 'is in use by another build'
expect_err "$work/hidden/root"
open_gate "$place/app"
wait "$pid" || fail "the first build: $(<"$work/first")"
until_true 30 no_containers

say 'what a tool leaves without rights fails no build'
be root
printf 'mkdir -p target/closed && chmod 0 target/closed\n' >>"$place/app/build.sh"
good build
expect_equal "$("$place/app/target/x86_64-unknown-linux-gnu/release/busybox" echo works)" works

say 'another user has no business in these volumes'
be root
good build
be larder-test
run build
expect_status 3
expect_err 'belongs to another user'

say 'caches outlive the daemon, and doctor knows'
be root
stop_dockerd
start_dockerd || fail 'dockerd does not start again'
good build --json
expect_equal "$(json 'data["fetch"]')" None
good larder_of doctor
expect_out 'keeps the caches itself'
