#!/usr/bin/env bash
# Two users build at once: each has a store of its own, and neither can touch the other's.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_user

cargo_project mine root-word
add_gate mine
cargo_project user/theirs user-word
add_gate user/theirs
chown -R larder-test: user/theirs
as_user "$work/larder" trust theirs >/dev/null

say 'root and an ordinary user at once'
"$larder" build "$own_target" -C mine >mine.out 2>mine.err </dev/null &
mine=$!
as_user "$work/larder" build "$own_target" -C theirs >theirs.out 2>theirs.err </dev/null &
theirs=$!
until_true 60 is_at_gate mine
until_true 60 is_at_gate theirs user/store
open_gate mine
open_gate user/theirs
wait "$mine" || fail "root's build: $(<mine.err)"
wait "$theirs" || fail "the user's build: $(<theirs.err)"
expect_equal "$("$(program mine tiny)")" root-word
expect_equal "$("$(program user/theirs tiny)")" user-word

say 'whose files they are'
wait_for_upkeep
wait_for_upkeep user/store
expect_equal "$(find user -path user/theirs.gate -prune -o ! -user larder-test -print)" '' 'files of others in what the user built'
expect_equal "$(find mine store ! -user root)" '' "files of others in what root built"
expect_equal "$(stat -c %a user/store/layers)" 700

say "another user's store"
run as_user env LARDER_STORE="$work/store" "$work/larder" build "$own_target" -C theirs
expect_status 3
expect_err 'Permission denied'
expect_err 'LARDER_STORE names another place'

say 'root builds what belongs to a user'
good "$larder" build "$own_target" -C user/theirs
expect_equal "$("$(program user/theirs tiny)")" user-word
