#!/usr/bin/env bash
# larder.lock in git: merged, broken, mended, moved and asked for what is outdated; and what a changed line of prepare costs.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_images
need_program git

tiny_root root
pack root root.tar
mkdir -p newer
echo newer >newer/sign
pack newer newer.tar
mkdir app
layout app/img root.tar >/dev/null
cd app
git init -q -b main .
git config user.name test
git config user.email test@example.org
# project LINE-FOR-ALL LINE-FOR-THE-TARGET: apart in larder.toml, so that git merges it.
project() {
    printf '[project]\ntargets = ["%s"]\n\n[build]\nimage = "oci:img"\nprepare = [%s]\n\n# what is between\n\n[target.%s]\nprepare = [%s]\n' \
        "$own_target" "$1" "$own_target" "$2" >larder.toml
}
commit() { git add -A . && git commit -qm "$1"; }
entries() { grep -c '^\[\[image\]\]' larder.lock; }
printf 'program:\n\tcp /bin/busybox $@\n' >Makefile
echo /target >.gitignore

say 'two branches that add different things merge without a conflict'
project '' ''
good "$larder" build
expect grep -qxF 'base = "oci:img"' larder.lock
commit start
git switch -qc one
project '"echo one >/etc/one"' ''
good "$larder" build
commit one
git switch -qc two main
project '' '"echo two >/etc/two"'
good "$larder" build
expect_prepared 1
commit two
git switch -q one
good git merge -q two -m merged
expect_equal "$(entries)" 3
run "$larder" build --locked
expect_status 3
expect_err 'larder.lock does not pin `echo two >/etc/two`'
good "$larder" image build --all
expect_prepared 1
good "$larder" build --locked
commit 'both'
expect_equal "$(entries)" 3 'what nothing needs any more has gone'

say 'a changed line costs itself; a failing one is named, and what stands above it stays'
project '"echo one >/etc/one"' '"cat /etc/one >/tmp/kept", "false"'
run "$larder" build
expect_status 3
expect_err 'error: an image cannot be prepared: `false` failed with exit code 1'
expect_err 'it has printed nothing'
project '"echo one >/etc/one"' '"cat /etc/one >/tmp/kept", "cp /tmp/kept /etc/two"'
good "$larder" build
expect_prepared 1
good "$larder" run "$own_target" -- cat /etc/two
expect_out one

say 'a broken file says what has happened, and the hint mends it'
cp larder.lock ../good.lock
# mended WHAT: the file that is there is refused, and written again as the hint says.
mended() {
    run "$larder" build
    expect_status 2
    expect_err "$1"
    expect_err '`larder image build --all`'
    good "$larder" image build --all
    expect_err 'larder.lock was broken'
    expect_prepared 0
    expect cmp larder.lock ../good.lock
    good "$larder" build --locked
}
{ echo '<<<<<<< HEAD'; cat ../good.lock; echo '======='; git show main:larder.lock; echo '>>>>>>> main'; } >larder.lock
run "$larder" build
golden lock-unfinished-merge
mended 'larder.lock:1: an unfinished merge'
: >larder.lock
mended 'larder.lock:1: the file is empty'
head -c "$(($(wc -c <../good.lock) / 2))" ../good.lock >larder.lock
mended 'the file is cut off'
git show main:larder.lock >larder.lock # as after `git checkout --theirs`
good "$larder" image build --all
expect cmp larder.lock ../good.lock
sed '/^run/{s/:b/:c/;t;s/:./:b/}' ../good.lock >larder.lock # other commands than those of the digest
mended 'the entry is not what its digest says'
project '' ''
printf 'version = 2\n' >larder.lock
run "$larder" image build --all
expect_status 2
expect_err 'this Larder reads version 1'

say 'a link is written through, and nothing else is taken for a file'
rm larder.lock
mkdir ../shared
cp ../good.lock ../shared/larder.lock
ln -s ../shared/larder.lock larder.lock
project '"echo three >/etc/three"' ''
good "$larder" build
expect test -L larder.lock
expect grep -q "$("$larder" image show --json | sed -nE 's/^ *"digest": "(sha256:[^"]*)".*/\1/p' | head -n 1)" ../shared/larder.lock
rm larder.lock
mkfifo larder.lock
run timeout 20 "$larder" build
expect_status 2
expect_err 'larder.lock is a FIFO, not a file'
rm larder.lock

say 'what nothing needs any more goes, also where the caller takes another image or builds from a folder below'
project '"echo old >/etc/word"' ''
good "$larder" build
expect_equal "$(entries)" 2
layout other ../newer.tar ../root.tar >/dev/null
project '"echo now >/etc/word"' ''
good "$larder" build --image oci:other
expect_equal "$(grep -oE '^base = .*' larder.lock | sort)" $'base = "oci:img"\nbase = "oci:other"'
expect_equal "$(entries)" 3 'the entries of both images, without those of the line that has gone'
good "$larder" build
expect_equal "$(entries)" 2 'the entries without those of the image that the caller has taken'
expect grep -qxF 'base = "oci:img"' larder.lock
mkdir one two
mv Makefile one/
cp one/Makefile two/
project '"echo third >/etc/word"' ''
good "$larder" build -C one
expect_equal "$(entries)" 2 'the entries after a build from a folder below'
good "$larder" build -C two --locked
expect_prepared 0
mv one/Makefile .
rm -r one two other larder.lock

say 'a store that was copied to another machine, and one that begins anew, make the same of a lock'
project '"echo one >/etc/one"' '"date +%N >/etc/two"'
good "$larder" build
cp larder.lock ../good.lock
wait_for_upkeep
cp -a "$LARDER_STORE" ../copied-store
cp -r . ../elsewhere
good env LARDER_STORE="$work/copied-store" "$larder" build -C ../elsewhere --locked --offline
expect_prepared 0
for store in copied-store other-store; do # two makers at once
    LARDER_STORE=$work/$store "$larder" image build -C ../elsewhere --locked >"../$store.said" 2>&1 &
done
for job in $(jobs -p); do wait "$job" || fail "$(tail -n 5 ../*-store.said)"; done
expect_equal "$(grep -c 'preparing ' ../copied-store.said ../other-store.said | tr '\n' ' ')" '../copied-store.said:0 ../other-store.said:3 '
expect cmp ../elsewhere/larder.lock ../good.lock
project '"echo one >/etc/one"' '"date +%N >/etc/three"'
cp larder.toml ../elsewhere/
rm larder.lock ../elsewhere/larder.lock
for store in copied-store other-store; do # also of what nothing pins, into one lock
    LARDER_STORE=$work/$store "$larder" image build -C ../elsewhere >"../$store.said" 2>&1 &
done
good "$larder" build
for job in $(jobs -p); do wait "$job" || fail "$(tail -n 5 ../*-store.said)"; done
expect cmp ../elsewhere/larder.lock larder.lock
for store in copied-store other-store; do
    good env LARDER_STORE="$work/$store" "$larder" cache verify
    forget_store "$work/$store"
done
rm larder.lock

say 'a layout that was replaced is outdated until it is taken, by either way of updating'
project '' ''
run "$larder" image outdated
expect_status 3
expect_err "error: larder.lock does not pin the image of $own_target"
good "$larder" build
good "$larder" image outdated
expect_err 'All that larder.lock pins is the newest there is.'
for target in '' "$own_target"; do
    rm -rf img
    # shellcheck disable=SC2046 # a word or none
    layout img ../root.tar $([[ -z $target ]] || echo ../newer.tar) --env "WHICH=${target:-none}" >/dev/null
    good "$larder" image outdated --json
    expect python3 -c 'import json, sys; (one,) = json.load(open(sys.argv[1]))["outdated"]; assert one["kind"] == "base" and one["pinned"] != one["newest"]' "$work/stdout"
    run "$larder" image outdated --exit-code
    expect_status 1
    # shellcheck disable=SC2086 # a target or none
    good "$larder" image update $target
    expect grep -q ' → ' "$work/stdout"
    expect grep -qxF 'base = "oci:img"' larder.lock
    expect_equal "$(entries)" 1
    good "$larder" build --locked
    good "$larder" image outdated --exit-code
done
expect_no_leftovers
