#!/usr/bin/env bash
# `larder cache prune` and the limits of [cache]: the store stays under them, as du counts.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3

du_bytes() { du -s --block-size=1 "$LARDER_STORE" | cut -f1; }
volumes() { "$larder" cache list --json >"$work/list" && json '[v["name"] for v in data["volumes"]]' "$work/list"; }
# The names and sizes of all that the store holds.
store_listing() { (cd "$LARDER_STORE" && find . -printf '%p %s %i\n' | sort); }
expect_under() { (($(du_bytes) <= $1)) || fail "the store takes $(du_bytes) bytes, more than $1"; }

# large_project NAME: a project whose objects take two megabytes
large_project() {
    make_project "$1"
    printf 'all: blob\nblob: hello.c\n\thead -c 2000000 /dev/zero | tr "\\0" x >blob\n' >"$1/Makefile"
}

say 'before there is anything'
good "$larder" cache prune --max-size 1MB
expect_out 'no volume'
[[ ! -e $LARDER_STORE ]] || fail 'pruning made a store'

say 'three projects'
export CI=true # so that upkeep has been done when a build returns
for name in one two three; do
    large_project "$name"
    good "$larder" build "$own_target" -C "$name"
done
expect_equal "$(volumes | wc -l)" 3
good "$larder" cache stats --json
expect_equal "$(json 'data["disk_bytes"]')" "$(du_bytes)" 'stats and du'
expect_equal "$(json 'sum(data[part + "_bytes"] for part in ("current", "history", "running", "reclaimable", "other")) - data["disk_bytes"]')" 0 'the parts'

say 'without a limit only the past goes'
good "$larder" cache prune
expect_out 'no volume and no earlier state'
expect_equal "$(volumes | wc -l)" 3

say 'a dry run changes nothing'
before=$(store_listing)
good "$larder" cache prune --max-size 5MB --dry-run
expect_out 'Would remove 1 volume'
expect_out 'of building again'
expect_equal "$(store_listing)" "$before" 'the store'
good "$larder" cache prune --max-size 5MB --dry-run --json
expect_equal "$(json '[len(data["volumes"]), data["limit_reached"]]')" $'1\nTrue'
planned=$(json 'data["after_bytes"]')

say 'a limit is a limit'
good "$larder" cache prune --max-size 5MB
expect_out 'Removed 1 volume'
expect_under 5000000
expect_equal "$(volumes | wc -l)" 2
difference=$(($(du_bytes) - planned))
((${difference#-} <= 65536)) || fail "the dry run was wrong by $difference bytes"
good "$larder" cache prune --max-size 5MB
expect_out 'no volume'

say 'a volume in use is spared and named'
mkfifo "$work/hold"
exec 7<>"$work/hold"
one=$(volumes | grep one) || one=
[[ -n $one ]] || { good "$larder" build "$own_target" -C one && one=$(volumes | grep one); }
"$larder" run "$own_target" -C one -- sh -c 'echo ready; read -r line' <&7 >"$work/ready" 2>&1 &
holder=$!
until_true 30 grep -q ready "$work/ready"
run "$larder" cache prune --max-size 1MB
expect_status 3
expect_err "the volume $one is in use by"
expect_err 'more than 1.0 MB'
expect_equal "$(volumes)" "$one"
run "$larder" cache prune --max-size 1MB --json
expect_status 3
expect_equal "$(json '[data["limit_reached"], data["in_use"][0]["name"]]')" $'False\n'"$one"
echo go >&7
expect wait "$holder"
exec 7>&-
good "$larder" cache prune --max-size 1MB
expect_under 1000000
expect_equal "$(volumes)" ''

say 'by age'
good "$larder" build "$own_target" -C one
good "$larder" build "$own_target" -C two
one=$(volumes | grep one)
find "$LARDER_STORE/refs/trusted/$one" -name current -exec touch -d '40 days ago' {} +
good "$larder" cache prune --max-age 30d
expect_out "$one"
expect_out 'used 40 days ago'
expect_equal "$(volumes | grep -c one)" 0

say 'the limits of the configuration are kept after builds'
mkdir -p "$HOME/.config/larder"
printf '[cache]\nmax_size = "3MB"\n' >"$HOME/.config/larder/config.toml"
for name in one two three; do
    good "$larder" build "$own_target" -C "$name"
    expect_under 3000000
done
expect_equal "$(volumes | wc -l)" 1
printf '[cache]\nmax_size = "20MB"\n' >one/larder.toml # the project's word counts more
for name in one two; do
    cp one/larder.toml two/larder.toml
    good "$larder" build "$own_target" -C "$name"
done
(($(du_bytes) > 3000000)) || fail 'larder.toml does not win'
cd one
good "$larder" cache prune
expect_out 'no volume'
cd ..
good "$larder" cache prune
expect_under 3000000

say 'and in the background'
unset CI
printf '[cache]\nmax_size = "1MB"\n' >one/larder.toml
printf '// changed\n' >>one/hello.c
good "$larder" build "$own_target" -C one
wait_for_upkeep
expect_under 1000000

say 'mistakes'
run "$larder" cache prune --max-size 20
golden prune-wrong-size
run "$larder" cache prune --max-age 'a month'
golden prune-wrong-age
run "$larder" cache prune --keep none
golden prune-wrong-keep
printf '[cache]\nmax_size = "much"\n' >one/larder.toml
run "$larder" build "$own_target" -C one
golden cache-wrong-size
