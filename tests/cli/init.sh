#!/usr/bin/env bash
# `larder init`, and the make targets that it writes.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
mkdir bin
ln -s "$larder" bin/larder
export PATH=$work/bin:$PATH

say 'a project with a makefile of its own'
make_project project
cp project/Makefile Makefile.old
good larder init -C project
golden init-with-makefile
expect_out 'include larder.mk'
expect diff Makefile.old project/Makefile
good larder build "$own_target" -C project --dry-run
run larder init -C project
golden init-again
expect_status 2
printf '\ninclude larder.mk\n' >>project/Makefile
cd project
good make
expect_out 'gcc -o hello'
rm hello hello.o

say 'its targets'
good make "build-$own_target"
expect_equal "$("$(program . hello)")" hello
good make "build-$own_target" LARDER_FLAGS='--quiet --profile dev'
good make list-cache
expect_out make-tree-
good make cache-stats
expect_out "$own_target"
good make larder-help
expect_out "build-$own_target"
printf '[project]\ntargets = ["%s"]\n' "$own_target" >larder.toml
good make build-all
good make clean-cache
expect_out 'Removed'
good make "build-$own_target"
expect_err 'starts from nothing'
sed -i 's/"hello"/nonsense/' hello.c
run make "build-$own_target"
expect_status 2
cd ..

say 'a makefile that builds in containers by itself'
make_project old
printf 'build-linux-%s:\n\tdocker run -v cargo-cache-x64:/usr/local/cargo/registry image make\nlist-cache:\n\tdocker volume ls\n' "$own_target" >>old/Makefile
good larder init -C old
expect_out "build-linux-$own_target"
expect_out 'larder cache import --from-docker-volume cargo-cache-x64'
echo 'include larder.mk' >>old/Makefile
good make -C old "larder-build-linux-$own_target"
refuse_err 'overriding recipe'
expect_equal "$("$(program old hello)")" hello
sed -i "/^build-linux/,/docker volume ls/d" old/Makefile
sed -i 's/^#profile = .*/profile = "dev"/' old/larder.toml
good larder init --force -C old
expect grep -qx 'profile = "dev"' old/larder.toml
good make -C old "build-linux-$own_target" list-cache
refuse_err 'overriding recipe'
expect_out make-tree-old

say 'a failing make stays a failing make, and jobs are passed on'
make_project parallel
good larder init -C parallel
printf 'include larder.mk\nall: a b c\na b c:\n\t@echo made $@\n' >parallel/Makefile
good make -C parallel -j4 "build-$own_target"

say 'a project without a makefile'
if [[ -x /usr/bin/cargo && -d /usr/lib/rustlib/$own_triple ]]; then
    cargo_project rust
    good larder init -C rust
    cd rust
    good make
    expect_out "build-$own_target"
    good make "build-$own_target"
    expect_equal "$("$(program . tiny)")" tiny
    cd ..
fi

say 'where nothing can be recognized'
mkdir empty
run larder init -C empty
golden init-without-recipe
expect_status 2
expect_empty empty
run larder init -C nowhere
golden init-nowhere
expect_status 2
