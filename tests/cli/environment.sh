#!/usr/bin/env bash
# Machines on which Larder cannot build, and stores it cannot use: what it says, and that nothing is harmed.
# shellcheck disable=SC2016 # these are texts for make and for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
make_project project

say 'user namespaces are forbidden'
# An own user namespace has an own limit; only there it is set.
limited() { unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"; }
if limited true 2>/dev/null; then
    run limited "$larder" build "$own_target" -C project --quiet
    golden no-user-namespaces
    expect_status 3
    expect_err user.max_user_namespaces
    run limited "$larder" run "$own_target" -C project -- true
    expect_status 3
    expect_err user.max_user_namespaces
    run limited "$larder" doctor -C project
    expect_status 3
    expect_out user.max_user_namespaces
    expect_empty "$LARDER_STORE/transactions"
else
    say '  the limit cannot be set here: left out'
fi

say 'no bubblewrap'
# A root of its own, in which /usr/bin/bwrap is hidden.
hidden() { unshare -Urm sh -c 'mount --bind /dev/null /usr/bin/bwrap && exec "$@"' sh "$@"; }
if hidden true 2>/dev/null; then
    run hidden "$larder" build "$own_target" -C project --quiet
    golden no-bubblewrap
    expect_status 3
fi

say 'the store cannot be written'
readonly_store() { unshare -Urm sh -c 'mount --bind "$LARDER_STORE" "$LARDER_STORE" && mount -o remount,ro,bind "$LARDER_STORE" && exec "$@"' sh "$@"; }
good "$larder" build "$own_target" -C project
wait_for_upkeep
run readonly_store "$larder" build "$own_target" -C project --quiet
golden store-is-read-only
expect_status 3
mkdir "$work/closed"
run unshare -Urm sh -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec env LARDER_STORE="$1"/deep/store "$2" build -C project --quiet' sh "$work/closed" "$work/closed" "$larder"
golden store-cannot-be-made
expect_status 3
touch "$work/file"
run env LARDER_STORE="$work/file" "$larder" build "$own_target" -C project --quiet
golden store-is-a-file
expect_status 3
mkdir "$work/foreign"
echo 'larder-store 99' >"$work/foreign/format"
run env LARDER_STORE="$work/foreign" "$larder" build "$own_target" -C project --quiet
golden store-of-the-future
expect_status 3
expect_equal "$(ls -A "$work/foreign")" format
run env -u LARDER_STORE -u HOME "$larder" build "$own_target" -C project --quiet
golden store-nowhere
expect_status 3

say 'a store inside the project'
run env LARDER_STORE="$work/project/store" "$larder" build "$own_target" -C project --quiet
[[ $status == 0 || $status == 3 || $status == 2 ]] || fail "exit code $status"
((status == 0)) || expect grep -q '^hint: ' "$work/stderr"
wait_for_upkeep "$work/project/store"
chmod -R u+rwx "$work/project/store"
rm -r "$work/project/store"

say 'the disk is full'
# A store on a small tmpfs, in an own mount namespace that stays for several commands.
cat >"$work/full.sh" <<'END'
set -euo pipefail
export CI=true # no background processes
mount -t tmpfs -o size=6m tmpfs "$LARDER_STORE"
state() { (cd "$LARDER_STORE" && grep -r '' refs --include=current | sort); }
build() { status=0; "$larder" build "$own_target" -C "$1" --quiet 2>"$work/stderr" >"$work/stdout" || status=$?; }
no() { echo "$*"; cat "$work/stderr"; exit 1; }
build project
((status == 0)) || no "a small build ended with $status"
state >"$work/state"
build big
cp "$work/stderr" "$work/big-stderr"
echo "$status" >"$work/big-status"
grep -v big "$work/state" >"$work/state-before" || true
state | grep -v big >"$work/state-after" || true
cmp "$work/state-before" "$work/state-after" || no 'the full disk has changed the state of other volumes'
[[ -z $(ls -A "$LARDER_STORE/transactions") ]] || no "left in transactions/: $(ls "$LARDER_STORE/transactions")"
# To the last byte, so that Larder itself cannot write.
dd if=/dev/zero of="$LARDER_STORE/filler" bs=4k 2>/dev/null || true
sed -i 's/hello/again/' project/hello.c
build project
((status != 0)) || no 'a build on a full disk succeeded'
cp "$work/stderr" "$work/full-stderr"
echo "$status" >"$work/full-status"
grep -v big "$work/state" >"$work/state-before" || true
state | grep -v big >"$work/state-after"
cmp "$work/state-before" "$work/state-after" || no 'the full disk has changed the state'
rm "$LARDER_STORE/filler"
build project
((status == 0)) || no "with space again: $status"
build big
((status == 1 || status == 3)) || no "the big one again: $status"
sed -i 's/again/once more/' project/hello.c
build project
((status == 0)) || no "after a build that filled the disk: $status"
sed -i 's/once more/again/' project/hello.c
# What a killed process has left in the way is thrown away by whoever needs the room.
mkdir "$LARDER_STORE/layers/left"
dd if=/dev/zero of="$LARDER_STORE/layers/left/filler" bs=4k 2>/dev/null || true
build project
((status == 0)) || no "beside what a killed process had left: $status"
"$larder" cache clean --all --yes >"$work/clean"
build project
((status == 0)) || no "after the cleaning: $status"
[[ -z $(ls -A "$LARDER_STORE/transactions") ]] || no "left in transactions/: $(ls "$LARDER_STORE/transactions")"
END
make_project big
printf 'all:\n\tdd if=/dev/zero of=blob bs=1M count=20\n' >big/Makefile
rm -rf "$LARDER_STORE"
mkdir "$LARDER_STORE"
export larder own_target work
run unshare -Urm bash "$work/full.sh"
expect_status 0
expect_equal "$("$(program project hello)")" again
last_command='larder build on a full disk'
for name in big full; do
    cp "$work/$name-stderr" "$work/stderr"
    status=$(<"$work/$name-status")
    expect_err 'No space left on device'
    expect_err hint:
done
status=$(<"$work/full-status")
golden disk-full
