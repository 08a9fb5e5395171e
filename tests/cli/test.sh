#!/usr/bin/env bash
# larder test: the recipe's test commands, with the caches of the build, for targets of this machine and of others.
# shellcheck disable=SC2016 # these are texts for make
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
make_project project
printf 'check: hello\n\t$(EMULATOR) ./hello >said && grep hello said\n' >>project/Makefile

say 'tests run on what the build has compiled'
good "$larder" build "$own_target" -C project
rm -r project/target
good "$larder" test "$own_target" -C project
expect_err hello
refuse_err gcc
expect test ! -e "$(program project hello)"

say 'what tests have made is no result of a build'
printf 'check: tests\ntests: hello\n\tcp hello tests\n' >>project/Makefile
good "$larder" build "$own_target" -C project
good "$larder" test "$own_target" -C project
expect_err 'cp hello tests'
good "$larder" build "$own_target" -C project
expect test ! -e "$(program project tests)"
sed -i '$d' project/Makefile && sed -i '$d' project/Makefile && sed -i '$d' project/Makefile

say 'a failing test is a failure, and its words are shown'
sed -i 's/grep hello said/grep goodbye said/' project/Makefile
run "$larder" test "$own_target" -C project
expect_status 1
expect_err "$own_target"

say 'arguments after -- go to the tool'
good "$larder" test "$own_target" -C project -- --version
expect_err 'GNU Make'

say 'the plan says what would run'
run "$larder" test "$own_target" -C project --dry-run
expect_status 0
expect_out ' check'

say 'a recipe without tests says so'
mkdir -p "$HOME/.config/larder/recipes" plain
printf '%s\n' 'name = "plain"' 'title = "Plain"' 'detect = ["plain.txt"]' '[volumes]' 'compiled = "plain-{project}-{target}"' \
    '[build]' 'commands = [["true"]]' '[artifacts]' 'include = []' >"$HOME/.config/larder/recipes/plain.toml"
touch plain/plain.txt
run "$larder" test "$own_target" -C plain
expect_status 2
expect_err 'says nothing about tests'

say 'a target of another machine runs under its emulator'
sed -i 's/grep goodbye said/grep hello said/' project/Makefile
if command -v aarch64-linux-gnu-gcc qemu-aarch64-static >/dev/null && [[ $own_target == x64 ]]; then
    good "$larder" test arm64 -C project
    expect_err 'qemu-aarch64-static'
else
    say '  no cross compiler or emulator here: left out'
fi
