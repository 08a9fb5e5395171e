#!/usr/bin/env bash
# Larder builds itself; without optimizing, which would take most of the time and tells nothing more.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program cmake "$(uname -m)-linux-gnu-g++"

mkdir copy
tar -C "$repository" -c CMakeLists.txt debian-index.txt docs helpers.toml hints.toml recipes src targets.toml | tar -C copy --no-same-owner -x
listing copy >before
own=$(program copy larder) own=${own/release/debug}
good "$larder" build "$own_target" --profile dev -C copy
listing copy >after
expect diff -u before after
good "$own" --version
# The copy has no commit.
expect_equal "$(<"$work/stdout")" "$("$larder" --version | cut -d' ' -f1,2)"

say 'nothing to do the second time'
good "$larder" build "$own_target" --profile dev -C copy
refuse_err 'Building CXX object'

say 'what came out can do the same'
make_project project
good "$own" build "$own_target" -C project
expect_equal "$("$(program project hello)")" hello
