#!/usr/bin/env bash
# Ninja by itself: the project has a build.ninja.
# shellcheck disable=SC2016 # these are texts for make and sh
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program ninja
need_targets

mkdir ninja
printf 'rule cc\n  command = $$CC -o $out $in\nbuild prog: cc main.c\n' >ninja/build.ninja
c_source ninja >ninja/main.c
good "$larder" build "${targets[@]}" -C ninja
expect_prints ninja prog ninja
sed -i 's/build prog:/build other:/' ninja/build.ninja
good "$larder" build "$own_target" -C ninja
[[ ! -e $(program ninja prog) ]] || fail 'ninja still gives what build.ninja no longer has'
