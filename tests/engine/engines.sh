# shellcheck shell=bash disable=SC2016,SC2154 # $work and $larder are those of e2e/lib.sh, which is sourced before this
# Container engines for tests, with everything of theirs in $work: a dockerd of our own, and podman's storage for root and for
# the ordinary user `larder-test`. No engine of this machine is touched.

# A root file system of nothing but busybox.
tiny_root() {
    local name root=$work/tiny-root
    mkdir -p "$root/bin" "$root/tmp"
    cp /bin/busybox "$root/bin/"
    for name in sh cat ls id touch sleep kill mkdir rm cp env stat printf true false chmod chown find mv grep; do
        ln -sf busybox "$root/bin/$name"
    done
    tar -C "$root" -cf "$work/tiny.tar" .
    chmod 644 "$work/tiny.tar"
}

# A recipe of the user's: scripts. make_recipe HOME
make_recipe() {
    mkdir -p "$1/.config/larder/recipes"
    cat >"$1/.config/larder/recipes/script.toml" <<'END_OF_FILE'
name = "script"
title = "Shell scripts"
detect = ["build.sh"]
output = "target"
toolchains = ["/usr"]
safe_to_interrupt = true
[volumes]
compiled = "script-target-{project}-{target}"
[[volumes.download]]
name = "script-cache-{target}"
path = "/var/cache/script"
[fetch]
command = ["sh", "fetch.sh"]
inputs = ["fetch.sh"]
[build]
commands = [["sh", "build.sh"]]
[artifacts]
include = ["target/out/*"]
END_OF_FILE
}

# A project whose program is busybox itself. It counts its builds in the cache, and waits at the gate FOLDER.gate, which is open.
make_project_of_scripts() {
    mkdir -p "$1"
    cat >"$1/fetch.sh" <<'END_OF_FILE'
echo "fetching as $(id -u)"
echo fetched >/var/cache/script/thing
cat /proc/net/dev
END_OF_FILE
    cat >"$1/build.sh" <<'END_OF_FILE'
set -e
cat /var/cache/script/thing
mkdir -p target/out
if [ ! -e /gate/open ]; then
    echo half >target/half
    touch reached
    while [ ! -e /gate/open ]; do sleep 0.05; done
fi
[ -e target/out/busybox ] || cp /bin/busybox target/out/busybox
rm -f target/half reached
END_OF_FILE
    printf '[project]\nname = "app"\ntargets = ["x64"]\n' >"$1/larder.toml"
    mkdir -p "$1.gate"
    open_gate "$1"
    mount_gate "$1"
}

# A recipe and a project whose tool names its results by messages as cargo writes them, long ones among lines for people:
# make_named_results HOME FOLDER
make_named_results() {
    sed -e 's/^name = .*/name = "named"/; s/build\.sh/named.sh/; s/script-/named-/; /^\[\[volumes/,/^inputs/d' -e '/^\[artifacts\]/a from = "cargo"' \
        "$1/.config/larder/recipes/script.toml" >"$1/.config/larder/recipes/named.toml"
    mkdir -p "$2"
    printf '[project]\nname = "named"\ntargets = ["x64"]\n' >"$2/larder.toml"
    cat >"$2/named.sh" <<'END_OF_FILE'
set -e
mkdir -p target/out
for name in made old; do cp /bin/busybox target/out/$name; done
ln -sf made target/out/link
i=0
while [ $i -lt 40 ]; do
    i=$((i + 1))
    echo "for people $i" >&2
    printf '{"reason":"compiler-artifact","target":{"kind":["bin"]},"features":["%09000d"],"profile":{"test":false},"filenames":["/workspace/target/out/made"]}\n' 0
done
END_OF_FILE
}

dockerd_options=() # besides
# As the bench does it: without bridge and iptables, which a test must not change. With $dockerd_before (a program that
# executes its arguments) in front, where it is set.
start_dockerd() {
    local folder=${docker_folder:-$work/docker}
    mkdir -p "$folder" "$work/docker-config"
    echo '{}' >"$work/docker-config/config.json"
    DOCKER_CONFIG=$work/docker-config DOCKER_HOST=unix://$folder/sock
    export DOCKER_CONFIG DOCKER_HOST
    ${dockerd_before:+"$dockerd_before"} dockerd --data-root "$folder/data" --exec-root "$folder/exec" --host "$DOCKER_HOST" --pidfile "$folder/pid" \
        --iptables=false --ip6tables=false --bridge=none "${dockerd_options[@]}" >>"$folder/log" 2>&1 </dev/null &
    dockerd_pid=$!
    local tries=300
    until docker version >/dev/null 2>&1; do
        ((tries-- > 0)) && kill -0 "$dockerd_pid" 2>/dev/null || return 1
        sleep 0.1
    done
    chmod 666 "$folder/sock" # the ordinary user is as if in the group docker
}

# With the ids of containers mapped to subordinate ones of larder-test (userns-remap).
start_dockerd_remap() {
    dockerd_options=(--userns-remap=larder-test:larder-test)
    start_dockerd
}

# The ordinary user's own. rootlesskit would make its namespaces, which takes a network device that not every machine gives to
# users; unshare does as well for containers without network. dockerd looks for rootlesskit's signs.
start_dockerd_rootless() {
    docker_folder=$work/user/docker
    mkdir -p "$docker_folder/bin" "$docker_folder/run"
    printf '#!/bin/sh\n' >"$docker_folder/bin/rootlesskit-docker-proxy"
    cat >"$docker_folder/before" <<'END_OF_FILE'
#!/bin/bash
cd "$(dirname "$0")" || exit
export PATH=$PWD/bin:$PATH HOME=$PWD XDG_RUNTIME_DIR=$PWD/run
export ROOTLESSKIT_STATE_DIR=$PWD/run ROOTLESSKIT_PARENT_EUID=$(id -u larder-test) ROOTLESSKIT_PARENT_EGID=$(id -g larder-test)
exec setpriv --reuid larder-test --regid larder-test --init-groups \
    unshare --user --map-root-user --map-auto --mount --net --propagation slave sh -c 'mount -t tmpfs none /run && exec "$@"' sh "$@" --rootless
END_OF_FILE
    chmod 755 "$docker_folder/before" "$docker_folder/bin/rootlesskit-docker-proxy"
    chown -R larder-test: "$docker_folder"
    dockerd_before=$docker_folder/before dockerd_options=()
    start_dockerd
}

stop_dockerd() {
    [[ -n ${dockerd_pid-} ]] || return 0
    kill "$dockerd_pid" 2>/dev/null || true
    local tries=100
    while kill -0 "$dockerd_pid" 2>/dev/null && ((tries-- > 0)); do sleep 0.1; done
    # What containers with the host's network leave, once for each start of the daemon, and what a killed daemon leaves.
    while umount "${docker_folder:-$work/docker}/exec/netns/default" 2>/dev/null; do :; done
    while umount "${docker_folder:-$work/docker}/data" 2>/dev/null; do :; done
    dockerd_pid=
}

# Settings for podman in FOLDER. crun refuses some cgroup layouts, so runc.
podman_settings() {
    mkdir -p "$1/run" "$1/tmp"
    cat >"$1/containers.conf" <<END_OF_FILE
[containers]
default_ulimits = ["nofile=1024:20000", "nproc=1024:1024"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
END_OF_FILE
    cat >"$1/storage.conf" <<END_OF_FILE
[storage]
driver = "overlay"
graphroot = "$1/storage"
rootless_storage_path = "$1/storage"
runroot = "$1/run"
END_OF_FILE
}

# The environment of an engine KIND, as arguments of env.
engine_environment() {
    case $1 in
        docker*) printf '%s\n' "DOCKER_HOST=$DOCKER_HOST" "DOCKER_CONFIG=$DOCKER_CONFIG" ;;
        podman) printf '%s\n' "CONTAINERS_CONF=$work/podman/containers.conf" "CONTAINERS_STORAGE_CONF=$work/podman/storage.conf" ;;
        podman-user)
            printf '%s\n' "CONTAINERS_CONF=$work/user/podman/containers.conf" "XDG_RUNTIME_DIR=$work/user/podman/run" \
                "CONTAINERS_STORAGE_CONF=$work/user/podman/storage.conf"
            ;;
    esac
}

# engine KIND ARGUMENT...: its client.
engine() {
    local kind=$1 settings
    shift
    mapfile -t settings < <(engine_environment "$kind")
    case $kind in
        docker*) env "${settings[@]}" docker "$@" ;;
        podman) env "${settings[@]}" podman "$@" ;;
        podman-user) as_user env "${settings[@]}" podman "$@" ;;
    esac
}

# Why this machine cannot run KIND; nothing where it can. Starts it.
start_engine() {
    local kind=$1 program
    case $kind in
        native) unshare -Urm true 2>/dev/null || echo 'user namespaces are forbidden'; return ;;
        docker*) program=dockerd ;;
        *) program=podman ;;
    esac
    ((EUID == 0)) || { echo 'only root starts it here' && return; }
    command -v $program >/dev/null || { echo "there is no $program" && return; }
    [[ -x /bin/busybox ]] || { echo 'there is no busybox' && return; }
}

start_podman() {
    podman_settings "$work/podman"
    engine podman import "$work/tiny.tar" larder-test:tiny >/dev/null 2>"$work/podman/log"
}

start_podman_user() {
    podman_settings "$work/user/podman"
    chown -R larder-test: "$work/user/podman"
    engine podman-user import "$work/tiny.tar" larder-test:tiny >/dev/null 2>"$work/podman-user.log"
}

# Starts the engine KIND (docker, podman) with an image of this machine's own toolchains, larder-test:toolchains, and has it used by
# all that follows.
need_image() {
    local tar=${LARDER_TEST_IMAGES:-$work}/toolchains.tar why
    why=$(start_engine "$1")
    [[ -z $why ]] || skip "$why"
    [[ -e $tar ]] || "$repository/tests/engine/toolchain-image" "$tar" || skip 'the image cannot be made of installed packages'
    case $1 in
        docker) start_dockerd || skip "dockerd does not start: $(tail -n 1 "$work/docker/log")" ;;
        podman) podman_settings "$work/podman" ;;
    esac
    while IFS= read -r setting; do export "${setting?}"; done < <(engine_environment "$1")
    "$1" import "$tar" larder-test:toolchains >/dev/null
}

# unmount_below FOLDER: what a killed daemon has left mounted there.
unmount_below() {
    local mount
    while read -r mount; do umount -l "$mount"; done < <(awk -v at="$1/" 'index($2, at) == 1 { print $2 }' /proc/mounts | sort -r)
}

# The engine KIND that a test runs on: native, or one of need_image's. The settings of larder.toml for it are in $engine_settings.
use_engine() {
    engine_settings=
    [[ $1 != native ]] || return 0
    need_image "$1"
    printf -v engine_settings '[build]\nengine = "%s"\nimage = "larder-test:toolchains"\nfetch_network = "host"\n' "$1"
    "$1" events --format '{{json .}}' >"$work/events" 2>/dev/null & # with each container's labels
}

# Where a secret is in what the engine of use_engine has told, logged and kept: what_engine_keeps PATTERN
what_engine_keeps() {
    [[ -n $engine_settings ]] || return 0
    grep -q larder.target "$work/events" || echo 'no container has been heard of'
    grep -rlsaE "$1" "$work/events" "$work/docker" || true
}

stop_engines() {
    if [[ -d $work/podman/storage ]]; then engine podman system reset --force >/dev/null 2>&1 || true; fi
    if [[ -d $work/user/podman/storage ]]; then
        engine podman-user system reset --force >/dev/null 2>&1 || true
        engine podman-user system migrate >/dev/null 2>&1 || true # ends the process that keeps its namespace
    fi
    stop_dockerd
    unmount_below "$work"
}
