#!/usr/bin/env bash
# Volumes that go from store to store, by a file and by a registry: another store and another folder build without compiling.
# shellcheck disable=SC2016 # texts
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_program git

# The project as a repository with an origin: by that its volumes have the same name in each clone.
mkdir origin
cargo_project origin/app
printf 'pub fn answer() -> u32 {\n    42\n}\n' >origin/app/src/helper.rs
printf 'mod helper;\nfn main() {\n    println!("{}", helper::answer());\n}\n' >origin/app/src/main.rs
head -c 400000 /dev/urandom >origin/app/src/asset.bin
printf 'pub static ASSET: &[u8] = include_bytes!("asset.bin");\n' >>origin/app/src/helper.rs
git -C origin/app init -q -b main
printf '/target\n' >origin/app/.gitignore
git -C origin/app remote add origin https://ann:secret@example.org:443/org/app.git
git -C origin/app add -A
git -C origin/app commit -qm one
clone() {
    git clone -q origin/app "$1"
    git -C "$1" remote set-url origin git@example.org:org/app
}
volume_of() { "$larder" cache list --json | python3 -c 'import json, sys; print(*{v["name"] for v in json.load(sys.stdin)["volumes"] if v["class"] == "compiled"})'; }
expect_compiled() {
    expect_equal "$(grep -c Compiling "$work/stderr" || true)" "$1" "how many crates were compiled by: $last_command"
}

say 'a volume is written to a file, and read elsewhere'
good "$larder" build "$own_target" -C origin/app
expect_compiled 1
volume=$(volume_of)
good "$larder" cache export "$volume" -o app.oci.tar
expect_out "$volume: "
expect_out 'packed to'
expect_equal "$(echo app.oci.tar*)" app.oci.tar 'files of the export'
mkfifo pipe
(timeout 60 cat pipe >read-from-pipe) &
good "$larder" cache export "$volume" -o pipe
wait $!
expect cmp app.oci.tar read-from-pipe
expect test -p pipe
ln -s linked-to.oci.tar link
good "$larder" cache export "$volume" -o link
expect cmp app.oci.tar linked-to.oci.tar
expect test -L link
run bash -c "\"$larder\" cache export $volume -o >(cat >read-from-descriptor; touch ended)"
expect_status 0
until_true 30 test -e ended
expect cmp app.oci.tar read-from-descriptor
mkdir other-place
clone other-place/elsewhere
export LARDER_STORE=$work/second-store
good "$larder" cache import app.oci.tar
expect_out "$volume@"
expect_out 'the next build that fits starts from it'
good "$larder" build "$own_target" -C other-place/elsewhere
expect_compiled 0
expect cmp "$(program origin/app tiny)" "$(program other-place/elsewhere tiny)"
wait_for_upkeep
good "$larder" cache verify

say 'the same again is nothing new, by a pipe too'
run bash -c "\"$larder\" cache import - <app.oci.tar"
expect_status 0
expect_out 'has all of it already'
run bash -c "LARDER_STORE=$work/store \"$larder\" cache export $volume -o - | \"$larder\" cache import -"
expect_status 0
expect_out 'has all of it already'

say 'an edit compiles what it must'
printf '// edited\n' >>other-place/elsewhere/src/helper.rs
good "$larder" build "$own_target" -C other-place/elsewhere
expect_compiled 1

say 'other tools read the file'
if command -v skopeo >/dev/null; then
    skopeo inspect --raw "oci-archive:app.oci.tar" >manifest
    expect_equal "$(json 'data["artifactType"]' manifest)" application/vnd.larder.generation.v1
    skopeo inspect --raw --config "oci-archive:app.oci.tar" >config
    expect_equal "$(json 'data["volume"]' config)" "$volume"
fi

say 'what is no such file, or a part of one, is refused and leaves nothing'
export LARDER_STORE=$work/third-store
head -c 200000 app.oci.tar >part.oci.tar
cp app.oci.tar altered.oci.tar
printf 'X' | dd of=altered.oci.tar bs=1 seek=150000 conv=notrunc status=none
printf 'no archive at all\n' >none.oci.tar
for file in part altered none; do
    run "$larder" cache import "$file.oci.tar"
    [[ $status == 4 || $status == 2 ]] || fail "exit code $status for $file"
    expect_equal "$(grep -c '^error:' "$work/stderr")" 1
    expect_empty "$LARDER_STORE/layers"
    expect_empty "$LARDER_STORE/transactions"
done
run "$larder" cache import
expect_status 2
expect_err 'hint: a file that `larder cache export` wrote'
for what in . /dev/zero missing.oci.tar; do
    run timeout 60 "$larder" cache import "$what"
    expect_err '`larder cache export VOLUME -o FILE` wr'
done
for where in . /nowhere/x; do
    run env LARDER_STORE="$work/store" "$larder" cache export "$volume" -o "$where"
    refuse_err '.new-'
    expect_err 'hint: name '
done
run "$larder" cache import app.oci.tar --as other
expect_status 2
run "$larder" cache import missing.oci.tar
expect_status 3
run env LARDER_STORE="$work/store" "$larder" cache export unknown -o x
expect_status 2
[[ ! -e x ]] || fail 'a file for an unknown volume'
