#!/usr/bin/env bash
# `larder cache verify`: finds a flipped byte in what real builds have left, repairs it, and builds go on.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3

# flip FILE: one byte of it is another, and its time is the same.
flip() {
    python3 - "$1" <<'END'
import os, sys
status = os.stat(sys.argv[1])
with open(sys.argv[1], "r+b") as file:
    byte = file.read(1)[0]
    file.seek(0)
    file.write(bytes([byte ^ 1]))
os.utime(sys.argv[1], ns=(status.st_atime_ns, status.st_mtime_ns))
END
}

say 'before there is anything'
good "$larder" cache verify
expect_out 'Checked 0 volumes, 0 generations, 0 files, 0 B: no damage.'
[[ ! -e $LARDER_STORE ]] || fail 'looking made a store'

say 'three builds'
export CI=true # so that upkeep has been done when a build returns
make_project one
head -c 300000 /dev/urandom | base64 >one/data
printf 'all: hello kept\nkept: data\n\tcp data kept\n.DEFAULT_GOAL = all\n' >>one/Makefile
make_project two
good "$larder" build "$own_target" -C one
good "$larder" build "$own_target" -C two
find "$LARDER_STORE/layers" -mindepth 1 -maxdepth 1 -printf "%f\n" | sort >"$work/first"
sed -i 's/hello/again/' one/hello.c
good "$larder" build "$own_target" -C one
good "$larder" cache verify
expect grep -qE '^Checked 2 volumes, 3 generations, [0-9]+ files, [0-9.]+ [KM]B: no damage\.$' "$work/stdout"
good "$larder" cache verify --repair
expect_out 'no damage'
good "$larder" cache verify --json
expect_equal "$(json '[data["volumes"], data["generations"], data["damage"], data["unsettled_layers"]]')" $'2\n3\n[]\n0'
cd "$LARDER_STORE/refs/trusted"
volume=$(compgen -G '*one*')
other=$(compgen -G '*two*')
cd "$work"
run "$larder" cache verify "${volume%?}"
expect_status 2
expect_err "did you mean '$volume'?"

say 'a flipped byte is found'
damaged=$(find "$LARDER_STORE/layers" -mindepth 1 -maxdepth 1 -printf "%f\n" | sort | comm -13 "$work/first" -)
file=$(cd "$LARDER_STORE/layers/$damaged/tree" && find . -name hello.o | sed 's|^\./||')
flip "$LARDER_STORE/layers/$damaged/tree/$file"
run "$larder" cache verify
expect_status 4
expect_out "layers/$damaged/tree/$file: its content has changed"
expect_out "$volume: 1 generation of it damaged"
expect_out '1 damage.'
refuse_out "$other:"
expect_err 'cache verify --repair'
run "$larder" cache verify --json "$volume"
expect_status 4
expect_equal "$(json '[(d["layer"], d["path"], d["what"]) for d in data["damage"]]')" "('$damaged', '$file', 'content')"
good "$larder" cache verify "$other"

say 'repair goes back to the build before'
run "$larder" cache verify --repair
expect_status 4
expect_out "$volume: back to the state of "
expect_out "1 build's work is lost"
expect_err quarantine
expect test -d "$LARDER_STORE/quarantine/$damaged"
good "$larder" cache verify
good "$larder" build "$own_target" -C one
expect_equal "$("$(program one hello)")" again
refuse_err 'starts from nothing'
good "$larder" cache verify
expect_out 'no damage'

say 'a torn ref'
for ref in current settled; do
    printf torn >"$(compgen -G "$LARDER_STORE/refs/trusted/$volume/*/$ref")"
    run "$larder" cache verify
    expect_status 4
    expect_out "/$ref: it cannot be understood"
    run "$larder" cache verify "$volume" --repair --json
    expect_status 4
    expect_equal "$(json 'data["repaired"][0]["builds_lost"]')" 0
    good "$larder" cache verify
done

say 'the other volumes are listed in spite of it'
for ref in current settled; do printf torn >"$(compgen -G "$LARDER_STORE/refs/trusted/$volume/*/$ref")"; done
for command in list stats; do
    run "$larder" cache $command
    expect_status 4
    expect_err "error: the volume $volume is damaged"
    expect_err "hint: \`larder cache verify $volume --repair\`"
done
run "$larder" cache list
expect_out "$other"
refuse_out "$volume"
run "$larder" cache verify "$volume" --repair
expect_status 4
good "$larder" cache list
expect_out "$volume"

say 'nothing sound is left'
for layer in "$LARDER_STORE"/layers/*; do
    find "$layer/tree" -name kept -o -name hello.o | while read -r file; do flip "$file"; done
done
run "$larder" cache verify --repair
expect_status 4
expect_out "$volume: nothing sound is left, it starts from nothing"
expect_out "$other: nothing sound is left, it starts from nothing"
good "$larder" cache verify
good "$larder" build "$own_target" -C one
expect_equal "$("$(program one hello)")" again

say 'while a build uses the volume'
printf 'all: wait\nwait: hello\n\t@touch reached; while :; do sleep 0.05; done\n' >>one/Makefile
find "$LARDER_STORE/layers" -name kept | while read -r file; do flip "$file"; done
"$larder" build "$own_target" -C one >"$work/build.log" 2>&1 &
build=$!
is_inside() { compgen -G "$LARDER_STORE/transactions/*/0/upper/reached" >/dev/null; }
until_true 60 is_inside
run "$larder" cache verify --repair
expect_status 3
expect_err "the volume $volume is in use"
expect_err 'by larder build'
kill -KILL $build
wait $build 2>/dev/null || true
until_true 30 is_over $build
wait_for_upkeep
run "$larder" cache verify --repair
expect_status 4
expect_out "$volume: nothing sound is left"

say 'the bar is for terminals'
make_project three
head -c 30000000 /dev/zero >three/data
printf 'all: hello kept\nkept: data\n\tcp data kept\n.DEFAULT_GOAL = all\n' >>three/Makefile
good "$larder" build "$own_target" -C three
cat >terminal.py <<'END'
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
try:
    while data := os.read(master, 65536):
        sys.stdout.write(data.decode())
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
good env TERM=xterm python3 terminal.py "$larder" cache verify
expect_out ' of 30.'
expect_out '░'
expect_out $'\033[36m'
expect_out 'no damage.'
good env TERM=xterm NO_COLOR=1 python3 terminal.py "$larder" cache verify
expect_out '░'
refuse_out $'\033[36m'
good env TERM=dumb python3 terminal.py "$larder" cache verify
refuse_out '░'

say 'a copy of the store is used where it has kept all, and refused where it has not'
wait_for_upkeep
store=$LARDER_STORE
move() { mkdir "$1" && tar --posix "${@:2}" -C "$store" -cf - . | tar "${@:2}" -C "$1" -xpf -; }
move "$work/whole" --xattrs
cp -a "$store" "$work/copy"
for copy in whole copy; do
    LARDER_STORE=$work/$copy
    good "$larder" build "$own_target" -C three
    refuse_err 'starts from nothing'
    wait_for_upkeep
done
move "$work/partial"
cp -r "$store" "$work/younger"
for copy in partial younger; do
    LARDER_STORE=$work/$copy
    for command in "build $own_target -C three" 'cache list'; do
        # shellcheck disable=SC2086 # words
        run "$larder" $command
        expect_status 4
        expect_err "the store $work/$copy is an incomplete copy"
        expect_err 'hint: '
    done
done
