#!/usr/bin/env bash
# Project folders with names that break careless programs, and projects that are links.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_cargo

# Spaces, quotes, what overlay's options are separated by, what shells expand, a line break, and no UTF-8.
odd="it's \"odd\", a:b=c \$HOME \`x\` \\ Ünï 日本 %s {target}"
say "a folder of the name: $odd"
make_project "$odd/make" odd-make
good "$larder" build "$own_target" -C "$odd/make"
expect_equal "$("$(program "$odd/make" hello)")" odd-make
sed -i 's/odd-make/edited/' "$odd/make/hello.c"
good "$larder" build "$own_target" -C "$odd/make"
expect_equal "$("$(program "$odd/make" hello)")" edited
cargo_project "$odd/cargo" odd-cargo
(cd "$odd/cargo" && good "$larder" build "$own_target")
expect_equal "$("$(program "$odd/cargo" tiny)")" odd-cargo
good "$larder" build "$own_target" -C "$odd/cargo" --json
expect_equal "$(json 'data["targets"][0]["artifacts"][0]["path"]')" "$(program "$work/$odd/cargo" tiny)"
good "$larder" cache list

say 'a store of such a name'
good env LARDER_STORE="$work/$odd/store" "$larder" build "$own_target" -C "$odd/make"
good env LARDER_STORE="$work/$odd/store" "$larder" build "$own_target" -C "$odd/cargo"
wait_for_upkeep "$odd/store"

say 'names with a line break, and that are not UTF-8'
for name in $'line\nbreak' $'latin-\xfc' '-dash' '...'; do
    make_project "$work/strange/$name"
    good "$larder" build "$own_target" -C "$work/strange/$name"
    expect_equal "$("$(program "$work/strange/$name" hello)")" hello
    good "$larder" build "$own_target" -C "$work/strange/$name" --json
    json 'data["targets"][0]["log"]' >/dev/null
done
(cd strange && good "$larder" build "$own_target" --project=-dash)

say 'long names'
long=$(printf 'x%.0s' {1..200})
make_project "$long/$long/$long"
good "$larder" build "$own_target" -C "$long/$long/$long"

say 'a project that is a link'
make_project real linked
ln -s real link
good "$larder" build "$own_target" -C real
good "$larder" build "$own_target" -C link
refuse_err 'starts from nothing'
expect_err 'is up to date'
expect_equal "$("$(program link hello)")" linked
(cd link && good "$larder" build "$own_target" && expect_err 'is up to date')

say 'files of a project that are links'
make_project inner/project inner
mv inner/project/hello.c inner/elsewhere.c
ln -s ../elsewhere.c inner/project/hello.c
run "$larder" build "$own_target" -C inner/project
expect_status 1 # what lies outside the project does not exist inside
mv inner/elsewhere.c inner/project/real.c
ln -sf real.c inner/project/hello.c
good "$larder" build "$own_target" -C inner/project
expect_equal "$("$(program inner/project hello)")" inner

say 'an output folder that is a link'
make_project out outside
mkdir elsewhere
ln -s "$work/elsewhere" out/target
run "$larder" build "$own_target" -C out # whoever wrote the project could lead results anywhere
expect_status 2
expect_err 'target is not a folder'
expect_empty elsewhere
cargo_project outcargo
ln -s "$work/elsewhere" outcargo/target
run "$larder" build "$own_target" -C outcargo # cargo's is inside, mounted there
golden target-is-a-link
expect_status 2

say 'a read-only project'
make_project locked
mkdir -p locked/target
chmod a-w locked locked/hello.c locked/Makefile
good "$larder" build "$own_target" -C locked
expect_equal "$("$(program locked hello)")" hello
chmod u+w locked
