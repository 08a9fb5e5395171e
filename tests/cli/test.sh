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
expect_out 'sh /.larder/test.sh'

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
    say '  and so do the programs that tests start'
    read -r major minor _ < <(uname -r | tr .- '  ')
    if ((major > 6 || (major == 6 && minor >= 7))); then
        # The shell's own argv[0] is told, too: programs that are called by several names go by it.
        printf '#include <stdio.h>\nint main(int c, char **v) { return printf("%%s of %%d\\n", v[0], c) < 0; }\n' >project/named.c
        printf 'check: names\nnames: named\n\t./named one two >said && grep -x "./named of 3" said\nnamed: named.c\n\t$(CC) -o $@ $<\n' >>project/Makefile
        good "$larder" test arm64 -C project
        expect_err './named of 3'
        good "$larder" build arm64 -C project
        good "$larder" run arm64 -C project -- "target/aarch64-unknown-linux-gnu/release/hello"
        expect_out hello
    fi
else
    say '  no cross compiler or emulator here: left out'
fi
