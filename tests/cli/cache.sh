#!/usr/bin/env bash
# `larder cache`: what it lists, measures and cleans, and what builds say afterwards.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3

say 'before there is anything'
for command in list stats; do
    good "$larder" cache "$command"
    [[ ! -s $work/stdout ]] || fail 'there is nothing to print'
    expect_err 'No volumes yet'
    good "$larder" cache "$command" --json
    json 'len(data)' >/dev/null
done
[[ ! -e $LARDER_STORE ]] || fail 'looking made a store'
good "$larder" cache dir
expect_equal "$(<"$work/stdout")" "$LARDER_STORE"
good env -u LARDER_STORE "$larder" cache dir
expect_equal "$(<"$work/stdout")" "$HOME/.local/share/larder"
good env -u LARDER_STORE XDG_DATA_HOME="$work/data" "$larder" cache dir
expect_equal "$(<"$work/stdout")" "$work/data/larder"

say 'two projects'
export CI=true # so that upkeep has been done when a build returns
make_project one
make_project two
good "$larder" build "$own_target" -C one
good "$larder" build "$own_target" -C two
good "$larder" cache list
for word in NAME TARGET PATH SIZE SHARED 'LAST USED' STATE make-tree-one- make-tree-two- /workspace populated; do expect_out "$word"; done
good "$larder" cache list --json
expect_equal "$(json 'data["store"]')" "$LARDER_STORE"
expect_equal "$(json 'len(data["volumes"])')" 2
expect_equal "$(json '[k for k in ("name", "target", "path", "class", "size_bytes", "state") if k not in data["volumes"][0]]')" '' 'missing keys of a volume'
one=$(json '[v["name"] for v in data["volumes"] if "one" in v["name"]]')
two=$(json '[v["name"] for v in data["volumes"] if "two" in v["name"]]')
good "$larder" cache stats
expect_out "$own_target"
good "$larder" cache stats --json
expect_equal "$(json '[data["volumes"], data["volumes_disk_bytes"] > 0]')" $'2\nTrue'

say 'cleaning one of them'
run "$larder" cache clean "${one%?}"
expect_status 2
expect_err "did you mean '$one'?"
run "$larder" cache clean "$one"
golden clean-without-terminal
good "$larder" cache clean "$one" --yes
expect_out 'Removed 1 volume'
expect_err "$one"
refuse_err "$two"
good "$larder" build "$own_target" -C two
refuse_err 'starts from nothing'
good "$larder" build "$own_target" -C one
expect_err "$one: empty, starts from nothing"
expect_err 'hello.o'

say 'cleaning a target'
good "$larder" cache clean --target riscv64
expect_out 'Nothing to remove'
run "$larder" cache clean --target arm46 --yes
expect_status 2
expect_err "did you mean 'arm64'?"
good "$larder" cache clean --target "$own_triple" --yes --json
expect_equal "$(json 'sorted(v["name"] for v in data["removed"])')" "$(printf '%s\n' "$one" "$two")"
good "$larder" cache clean --all --yes
expect_out 'Nothing to remove'
good "$larder" build "$own_target" -C two
expect_err 'starts from nothing'

say 'images, where there are none'
good "$larder" image prune </dev/null
expect_out 'Nothing to remove'
good "$larder" image update "$own_target" -C two
[[ ! -e two/larder.lock ]] || fail 'a lock of nothing was written'

say 'cleaning a project'
good "$larder" build "$own_target" -C one
(cd one && run "$larder" cache clean && expect_status 2)
(cd one && good "$larder" cache clean --yes)
expect_out 'Removed 1 volume'
expect_err "$one"
refuse_err "$two"
good "$larder" cache clean -C one --yes
expect_out 'Nothing to remove'
good "$larder" build "$own_target" -C two
refuse_err 'starts from nothing'
good "$larder" build "$own_target" -C one
expect_err "$one: empty, starts from nothing"

say 'cleaning all of it frees the disk'
good "$larder" cache clean --all-projects --yes
expect_out 'Removed 2 volumes'
expect_empty "$LARDER_STORE/layers"
expect_empty "$LARDER_STORE/trash"
good "$larder" cache list --json
expect_equal "$(json 'sum(v["size_bytes"] for v in data["volumes"])')" 0

say 'the question'
good "$larder" build "$own_target" -C one
cat >ask.py <<'END'
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
output = b""
while b"[y/N]" not in output:
    output += os.read(master, 65536)
os.write(master, sys.argv[1].encode() + b"\n")
try:
    while data := os.read(master, 65536):
        output += data
except OSError:
    pass
sys.stdout.write(output.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
good python3 ask.py n "$larder" cache clean --all
expect_out 'Nothing was removed'
good python3 ask.py y "$larder" cache clean --all
expect_out 'Removed 1 volume'
