#!/usr/bin/env bash
# The view of a project where its folder cannot be a layer, with any number of layers, and for the user's own hand.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program flock

prints() { expect_equal "$("$(program "$1" hello)")" "$2" "the program of $1"; }

say 'a store in the project'
make_project inside one
inside=$work/inside/.cache/larder
build_inside() { good env LARDER_STORE="$inside" "$larder" build "$own_target" -C inside; }
build_inside
prints inside one
sed -i 's/"one"/"two"/' inside/hello.c
build_inside
prints inside two
build_inside
refuse_err gcc
wait_for_upkeep "$inside"

say 'something is mounted in the project'
if ((EUID == 0)); then
    make_project mounted
    mkdir mounted/data
    printf '#include <stdio.h>\n#include "data/word.h"\nint main(void) { puts(WORD); return 0; }\n' >mounted/hello.c
    good unshare -m sh -euc 'mount -t tmpfs none "$1/data" && printf "#define WORD \"inner\"\n" >"$1/data/word.h" && "$2" build "$3" -C "$1"' \
        sh "$work/mounted" "$larder" "$own_target"
    prints mounted inner
fi

say 'the user'"'"'s own hand'
make_project hand
good "$larder" build "$own_target" -C hand
printf '# mine\n' >hand/larder.toml
good "$larder" run "$own_target" -C hand -- touch made
expect test -e hand/made
run "$larder" run "$own_target" -C hand -- sh -c 'echo >>larder.toml'
expect_status 2 # sh's own, for what it cannot open
expect_err 'Read-only file system'
expect_equal "$(<hand/larder.toml)" '# mine'
good "$larder" run "$own_target" -C hand -- ls
refuse_out hello.o # what builds have made is not the user's
[[ ! -e hand/hello.o ]] || fail 'what a build has made is in the project'

say 'more layers than a page of options holds'
make_project many 0
good "$larder" build "$own_target" -C many
wait_for_upkeep
exec 9<>"$LARDER_STORE/upkeep.lock"
flock 9 # an upkeep that does not get its turn
for ((i = 1; i <= 150; i++)); do
    sed -i "s/\"[0-9]*\"/\"$i\"/" many/hello.c
    good "$larder" build "$own_target" -C many --quiet
done
exec 9>&-
prints many 150
