# shellcheck shell=bash disable=SC2034,SC2154 # names are for the tests; $work and $larder are those of e2e/lib.sh, which is sourced before this
# Images for tests: a root of nothing but busybox and make, a registry on loopback, and a gate at which preparations wait.
unset LARDER_IMAGE

need_images() {
    need_sandbox
    need_program skopeo umoci make python3 tar ldd
    [[ -x /bin/busybox ]] || skip 'there is no busybox'
    ((EUID == 0)) || need_subordinate_ids
}

need_debian_images() {
    need_sandbox
    need_program mmdebstrap
    ((EUID == 0)) || need_subordinate_ids
    [[ $own_target == x64 ]] || skip 'it builds for arm64 as the other architecture'
}

# Where no mirror answers, nothing can be said about what Larder makes of its packages.
can_fetch() { ! grep -qE 'Temporary failure resolving|Could not connect|Connection failed|Network is unreachable' "$work/stderr"; }

need_subordinate_ids() {
    need_program newuidmap
    grep -qE "^($(id -un)|$EUID):" /etc/subuid || skip 'this user has no subordinate ids'
}

case $own_target in
    x64) own_architecture=amd64 other_architecture=arm64 ;;
    *) own_architecture=arm64 other_architecture=amd64 ;;
esac

# A folder that is an image's root: busybox, and make with its libraries.
tiny_root() {
    local name
    mkdir -p "$1"/{bin,tmp,etc,proc,var/lib} "$1"/usr/{bin,lib}
    cp /bin/busybox "$1/bin/"
    for name in sh cat ls id touch sleep mkdir rm cp env echo test printf chmod chown nc; do ln -sf busybox "$1/bin/$name"; done
    { printf '%s\n' /usr/bin/make && ldd /usr/bin/make | grep -oE '/[^ ]+'; } | while read -r name; do
        mkdir -p "$1/${name%/*}"
        cp -L "$name" "$1/$name"
    done
}

# pack TREE TAR: a layer.
pack() { tar -C "$1" --owner=0 --group=0 --sort=name --mtime=@1 -cf "$2" .; }

# layout FOLDER ARGUMENT...: prints the image's digest.
layout() {
    local folder=$1
    shift
    python3 "$tests/image/oci_layout.py" "$folder" --architecture "$own_architecture" "$@"
}

# Without TLS, as on loopback everywhere. Sets $registry. start_registry [LINE-OF-CONFIGURATION]
start_registry() {
    need_program docker-registry
    cat >"$work/registry.yml" <<END_OF_FILE
version: 0.1
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:0"}
${1-}
END_OF_FILE
    : >"$work/registry.log" # of an earlier one, before this one's is looked at
    docker-registry serve "$work/registry.yml" >>"$work/registry.log" 2>&1 </dev/null &
    registry_pid=$!
    until_true 20 grep -qE 'listening on [0-9.]+:[0-9]+' "$work/registry.log"
    registry=$(sed -nE 's/.*listening on ([0-9.]+:[0-9]+).*/\1/p' "$work/registry.log" | head -n 1)
}

stop_registry() {
    kill "$registry_pid"
    wait "$registry_pid" 2>/dev/null || true
}

# push LAYOUT NAME. Without credentials of the caller's.
push() {
    echo '{}' >"$work/auth.json"
    REGISTRY_AUTH_FILE=$work/auth.json skopeo copy --quiet --preserve-digests --dest-tls-verify=false "oci:$1" "docker://$registry/$2"
}

# A gate on loopback: `nc 127.0.0.1 $gate` in a preparation makes $work/reached, and ends once $work/open is there.
start_gate() {
    cat >"$work/gate.py" <<'END_OF_FILE'
import pathlib, socket, sys, threading, time

work = pathlib.Path(sys.argv[1])
server = socket.create_server(("127.0.0.1", 0))
(work / "gate.new").write_text(str(server.getsockname()[1]))
(work / "gate.new").rename(work / "gate")


def keep(client: socket.socket) -> None:
    (work / "reached").touch()
    while not (work / "open").exists():
        time.sleep(0.02)
    client.close()


while True:
    threading.Thread(target=keep, args=(server.accept()[0],), daemon=True).start()
END_OF_FILE
    python3 "$work/gate.py" "$work" &
    until_true 20 test -e "$work/gate"
    gate=$(<"$work/gate")
}

# A project without a compiler: its program is the image's busybox. image_project FOLDER IMAGE [LINE-OF-BUILD...]
image_project() {
    local folder=$1
    mkdir -p "$folder"
    printf 'program:\n\tcp /bin/busybox $@\n' >"$folder/Makefile"
    printf '[project]\ntargets = ["%s"]\n[build]\nimage = "%s"\n' "$own_target" "$2" >"$folder/larder.toml"
    shift 2
    (($# == 0)) || printf '%s\n' "$@" >>"$folder/larder.toml"
}

# larder in another folder: at FOLDER ARGUMENT...
at() {
    local folder=$1
    shift
    (cd "$folder" && "$larder" "$@")
}

# How many steps the last command has prepared.
prepared() { grep -c 'preparing ' "$work/stderr" || true; }
expect_prepared() { expect_equal "$(prepared)" "$1" "the number of prepared steps in: $last_command"; }

# What the store holds of preparations: nothing, once upkeep has passed.
expect_no_leftovers() {
    wait_for_upkeep
    expect_empty "$LARDER_STORE/transactions"
    expect_empty "$LARDER_STORE/trash"
}

# The folders that the store has as image layers.
image_layers() { find "$LARDER_STORE/layers" -mindepth 3 -maxdepth 3 -name image.json -printf '%h\n'; }
