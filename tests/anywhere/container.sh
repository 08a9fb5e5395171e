#!/usr/bin/env bash
# Larder in a container: its image, loaded into docker and into an ordinary user's podman, and the wrapper that
# comes out of it, as that user calls it: builds, owners of files, exit codes, signals, and the container that stays.
# shellcheck disable=SC2016 # texts for the shell inside
# shellcheck disable=SC2317 # functions are called by their names
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
((EUID == 0)) || skip 'only root can start a daemon and be two users; this test also runs as an ordinary user'
need_program python3 dpkg
need_user
on_exit() { stop_engines; }

# What anywhere/image.sh has made, or else the same again.
if [[ -s ${LARDER_TEST_IMAGE_TAR-} ]]; then
    ln -s "$(realpath "$LARDER_TEST_IMAGE_TAR")" "$work/image.tar"
else
    LARDER_TEST_IMAGE_TAR=$work/image.tar bash "$tests/anywhere/image.sh" "$larder" || exit
fi
version=$("$larder" --version | cut -d' ' -f2)

# Once COMMAND says that it waits: Ctrl-C, as a key on a terminal of its own, or as a signal to all of its group. Arguments: key or signal, COMMAND...
cat >"$work/interrupt.py" <<'END'
import os, pty, signal, subprocess, sys

way, command = sys.argv[1], sys.argv[2:]
signal.alarm(60)  # against hanging
signal.signal(signal.SIGINT, signal.SIG_DFL)
if way == "key":
    process, output = pty.fork()
    if process == 0:
        os.execvp(command[0], command)
else:
    output, theirs = os.pipe()
    process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs).pid
    os.close(theirs)
said, asked = b"", False
while True:
    try:
        data = os.read(output, 4096)
    except OSError:  # a terminal that nobody has any more
        break
    if not data:
        break
    os.write(1, data)
    said += data
    if b"| waiting" in said and not asked:
        asked = True
        if way == "key":
            os.write(output, b"\x03")
        else:
            os.killpg(process, signal.SIGINT)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
END
chmod 644 "$work/interrupt.py"

# What builds run on: busybox, in a layout that lies in the project, with a file of another group's.
tiny_root
echo x >"$work/group-50"
tar -C "$work" --owner=0 --group=50 -rf "$work/tiny.tar" group-50
"$repository/scripts/lib/image-archive" --quick --name tiny --version 1 --id 0 --architecture "$(dpkg --print-architecture)" "$work/tiny.tar" "$work/tiny" >/dev/null
mkdir "$work/tiny-layout"
tar -C "$work/tiny-layout" -xf "$work/tiny"

# ---- a caller

# enter KIND: the engine's user, with a home, a project and a wrapper of its own.
enter() {
    kind=$1 client=${1%%-*} place=$work/user/$1
    bin=$place/home/.local/bin project="$place/a project"
    mkdir -p "$bin" "$project/.git" "$project/inner"
    make_recipe "$place/home"
    printf '[content]\nskip_unchanged = true\n' >>"$place/home/.config/larder/recipes/script.toml"
    cp -r "$work/tiny-layout" "$project/tiny"
    cat >"$project/build.sh" <<'END'
set -e
mkdir -p target/out
cp /bin/busybox target/out/busybox
if [ -e slow ]; then
    echo waiting
    exec sleep 60
fi
END
    echo true >"$project/fetch.sh"
    chmod -R a+rX "$project"
    printf '[project]\nname = "app"\ntargets = ["x64"]\n[build]\npass_env = ["WORD"]\nimage = "oci:tiny"\n' >"$project/larder.toml"
    engine "$kind" run --rm --network none "localhost/larder:$version" wrapper >"$bin/larder" || fail 'the image gives no wrapper'
    chmod 755 "$bin/larder"
    chown -R larder-test: "$place"
    mapfile -t settings < <(engine_environment "$kind")
    settings+=("HOME=$place/home" "LARDER_CONTAINER_ENGINE=$client" "PATH=$bin:$PATH" TMPDIR=/tmp)
}

# in_project COMMAND...: as the user, in the project, or in $folder.
in_project() { (cd "${folder:-$project}" && exec runuser -u larder-test -- env -u LARDER_STORE -u LARDER_IMAGE "${settings[@]}" "$@"); }
wrapped() { in_project larder "$@"; }

containers() { engine "$kind" ps --quiet --no-trunc --filter label=larder.wrapper; }
no_containers() { [[ -z $(containers) ]]; }
# milliseconds COMMAND...
milliseconds() {
    local start=${EPOCHREALTIME/./}
    "$@"
    printf '   %s: %d ms\n' "$kind, ${!#}" $(((${EPOCHREALTIME/./} - start) / 1000))
}

# ---- what it does

builds() {
    milliseconds good wrapped --version
    expect_equal "$(<"$work/stdout")" "$("$larder" --version)"
    milliseconds good wrapped --version
    good wrapped build x64
    expect_err 'starts from nothing'
    "$project/target/$own_triple/release/busybox" true || fail 'what was built does not run'
    expect_equal "$(find "$place" ! -user larder-test)" '' 'files of others'
    expect_equal "$(find "$project" -name '.larder-*')" '' 'what the wrapper has left'
    good wrapped build x64 --json
    expect_equal "$(json 'data["targets"][0]["unchanged"]')" True
    expect_equal "$(containers | wc -l)" 1 'containers that stay'
    good wrapped cache list
    expect_out 'script-target-app'
}

# Wherever in the project, and from elsewhere.
finds_the_project() {
    folder=$project/inner good wrapped build x64 --json
    expect_equal "$(json 'data["targets"][0]["unchanged"]')" True
    folder=$place/home good wrapped build x64 --json -C "$project"
    expect_equal "$(json 'data["targets"][0]["unchanged"]')" True
    folder=/ good wrapped cache list
    folder=/ good wrapped cache export script-target-app-x64 -o "$place/home/a, b.tar"
    expect test -s "$place/home/a, b.tar"
}

ends_as_the_command() {
    local code shell
    for code in 0 1 75 125; do
        run wrapped run x64 -- sh -c "exit $code"
        expect_status "$code"
    done
    run wrapped run x64 -- sh -c 'kill -9 $$'
    expect_status 137
    run wrapped build nothing
    expect_status 2
    printf 'exit 9\n' >"$project/build.sh.new"
    mv "$project/build.sh" "$place/build.sh"
    mv "$project/build.sh.new" "$project/build.sh"
    run wrapped build x64
    mv "$place/build.sh" "$project/build.sh"
    expect_status 1
    expect_err 'failed with exit code 9'
    for shell in dash bash 'busybox sh' zsh; do
        command -v "${shell%% *}" >/dev/null || continue
        # shellcheck disable=SC2086 # two words
        run in_project $shell "$bin/larder" run x64 -- printf '<%s>\n' 'a  b' '$HOME' "it's" '' '*' $'two\nlines' '-e'
        expect_status 0
        expect_equal "$(<"$work/stdout")" $'<a  b>\n<$HOME>\n<it\'s>\n<>\n<*>\n<two\nlines>\n<-e>' "arguments by $shell"
    done
}

passes_streams_and_variables() {
    expect_equal "$(printf 'one\ntwo\n' | wrapped run x64 -- cat)" $'one\ntwo' 'standard input'
    good wrapped trust
    expect_equal "$(WORD='a  b' wrapped run x64 -- sh -c 'echo "$WORD"' 2>/dev/null)" 'a  b' 'a variable'
    (umask 077 && wrapped run x64 -- touch inner/private) || fail 'run does not write'
    expect_equal "$(stat -c '%a %U' "$project/inner/private")" '600 larder-test'
    rm "$project/inner/private"
}

# The agent is there for the fetch of a project that asks for it.
shows_the_agent() {
    command -v ssh-agent >/dev/null || return 0
    local agent
    in_project mkdir "$place/agent"
    agent=$(in_project ssh-agent -a "$place/agent/socket" | sed -n 's/.*SSH_AGENT_PID=\([0-9]*\);.*/\1/p')
    cp -p "$project/larder.toml" "$place/larder.toml"
    printf '[fetch]\nssh_agent = true\n' >>"$project/larder.toml"
    printf 'ls -l "$SSH_AUTH_SOCK"\n' >"$project/fetch.sh"
    run in_project env SSH_AUTH_SOCK="$place/agent/socket" larder build x64 --trust --verbose
    kill "$agent"
    cp -p "$place/larder.toml" "$project/larder.toml"
    echo true >"$project/fetch.sh"
    expect_status 0
    expect_err 'fetch | srw'
}

# A folder as the store is the same for Larder without a container.
keeps_the_store_in_a_folder() {
    good in_project env LARDER_STORE="$place/a store" larder build x64
    expect_equal "$(find "$place/a store" ! -user larder-test -print -quit)" '' 'files of others in the store'
    wait_for_upkeep "$place/a store"
    good in_project env LARDER_STORE="$place/a store" "$work/larder" cache list
    expect_out script-target-app-x64
}

# A container that is there shows what was there at its start. An ordinary user's podman sees mounts only where the machine shares them.
sees_what_is_new() {
    good wrapped --version
    mv "$project" "$place/old"
    cp -a "$place/old" "$project"
    rm -rf "$place/old"
    echo new >"$project/new"
    good wrapped run x64 -- cat new
    expect_equal "$(<"$work/stdout")" new
    rm "$project/new"
    [[ $kind == docker ]] || return 0
    mkdir "$project/later"
    mount -t tmpfs tmpfs "$project/later"
    echo mounted >"$project/later/file"
    run wrapped run x64 -- cat later/file
    umount "$project/later"
    rmdir "$project/later"
    expect_equal "$(<"$work/stdout")" mounted
}

# Either way the command is asked to end, and says so.
is_interrupted() {
    local way
    in_project touch slow
    for way in key signal; do
        run in_project python3 "$work/interrupt.py" $way larder build x64 --verbose --trust
        expect_status 130
        expect_out interrupted
    done
    rm "$project/slow"
}

ends_with_its_container() {
    containers | while read -r one; do engine "$kind" rm --force "$one" >/dev/null; done
    LARDER_CONTAINER_STAY=0 good wrapped build x64
    expect no_containers
    LARDER_CONTAINER_STAY=1 good wrapped build x64
    until_true 60 no_containers
    good wrapped cache verify
}

refuses_another_folder() {
    run engine "$kind" run --rm --network none --entrypoint sh "localhost/larder:$version" -c 'mkdir /run/larder && : >/run/larder/lock
        export LARDER_ENTRY_CALLER=1:1:1 LARDER_ENTRY_HOME=/home/x LARDER_ENTRY_STORE=/larder LARDER_ENTRY_SHOWN=".larder-0 /tmp"
        exec /usr/lib/larder/entry prepare'
    expect_status 3
    expect_err 'the daemon shows another folder as /tmp'
    if [[ $kind == docker ]]; then # the daemon does not see what is mounted here
        run unshare --mount bash -c 'mount -t tmpfs -o mode=777 tmpfs "$1" && cd "$1" && shift && exec "$@"' sh "$project" \
            runuser -u larder-test -- env -u LARDER_STORE "${settings[@]}" larder build x64
        expect_status 3
        expect_err "the daemon shows another folder as $project"
    fi
    run in_project env LARDER_STORE=relative larder --version
    expect_status 3
    expect_err 'LARDER_STORE is "relative"'
}

updates_itself() {
    good wrapped self-update "localhost/larder:$version"
    expect_out "larder is the one of localhost/larder:$version now"
    run wrapped self-update localhost/nothing:latest
    expect_status 3
    expect_err 'has no image localhost/nothing:latest'
    good wrapped --version
}

everything=(builds finds_the_project ends_as_the_command passes_streams_and_variables shows_the_agent keeps_the_store_in_a_folder sees_what_is_new
    is_interrupted ends_with_its_container refuses_another_folder updates_itself)

ran=0
# try KIND BEHAVIOUR...
try() {
    local behaviour
    enter "$1"
    for behaviour in "${@:2}"; do
        say "$kind: ${behaviour//_/ }"
        $behaviour
    done
    ran=$((ran + 1))
}

why_podman=$(start_engine podman)
load=
if [[ -z $why_podman ]]; then # takes a while, beside the other engine's tests
    podman_settings "$work/user/podman"
    chown -R larder-test: "$work/user/podman"
    engine podman-user load --quiet --input "$work/image.tar" >"$work/podman-user.log" 2>&1 &
    load=$!
fi
why=$(start_engine docker)
[[ -n $why ]] || start_dockerd || why=$(tail -n 1 "$work/docker/log")
if [[ -n $why ]]; then
    printf 'skipped: docker: %s\n' "$why"
else
    docker load --quiet --input "$work/image.tar" >/dev/null
    try docker "${everything[@]}"
fi
if [[ -n $why_podman ]]; then
    printf 'skipped: podman: %s\n' "$why_podman"
else
    wait "$load" || fail "$(tail -n 3 "$work/podman-user.log")"
    try podman-user "${everything[@]}"
fi
((ran)) || skip 'no engine can run here'
