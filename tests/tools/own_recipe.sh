#!/usr/bin/env bash
# Recipes of a project's own: its commands in larder.toml, and a recipe in its folder.
# shellcheck disable=SC2016 # these are texts for make and sh
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_targets

say "a project's own commands"
mkdir own
c_source own >own/main.c
printf 'mkdir -p "$1" && $CC -o "$1/prog" main.c\n' >own/build.sh
cat >own/larder.toml <<'END'
[recipe]
output = "target"
[recipe.env]
CC = "{cc}"
[recipe.build]
commands = [["sh", "build.sh", "/workspace/target/out"]]
[recipe.artifacts]
include = ["target/out/*"]
END
good "$larder" build "${targets[@]}" -C own
expect_prints own prog own
sed -i 's/prog/other/' own/build.sh
good "$larder" build "$own_target" -C own
[[ ! -e $(program own prog) && -e $(program own other) ]] || fail 'a script still gives what it no longer makes'
sed -i 's/other/prog/' own/build.sh

say 'what its script does not see is another program all the same; with [content] the script decides'
printf 'mkdir -p "$1" && { [ -e "$1/prog" ] || $CC $FLAGS -o "$1/prog" main.c; }\n' >own/build.sh
good "$larder" build "$own_target" -C own
sed -i 's/own/more/' own/main.c
good "$larder" build "$own_target" -C own
expect_prints own prog more
good "$larder" build "$own_target" -C own
refuse_err 'starts from nothing'
printf '[build.env]\nFLAGS = "-Dmore=less"\n' >>own/larder.toml
printf '#include <stdio.h>\n#define text(x) #x\n#define word(x) text(x)\nint main(void) { puts(word(more)); }\n' >own/main.c
good "$larder" build "$own_target" -C own
expect_prints own prog less
cp own/larder.toml larder.toml.before
printf '[recipe.content]\n' >>own/larder.toml
printf 'echo seen\n' >>own/build.sh
good "$larder" build "$own_target" -C own
echo '/* */' >>own/main.c
good "$larder" build "$own_target" -C own
refuse_err 'starts from nothing'
cp larder.toml.before own/larder.toml
sed -i '/^\[build.env\]/,$d' own/larder.toml
printf 'mkdir -p "$1" && $CC -o "$1/prog" main.c\n' >own/build.sh
c_source own >own/main.c

say 'what lies around it counts, too'
mkdir -p whole/shared
git init -q whole
cp -r own whole/own
rm -rf whole/own/target
printf '[ -e "$1/prog" ] || { mkdir -p "$1" && $CC -o "$1/prog" ../shared/main.c; }\n' >whole/own/build.sh
mv whole/own/main.c whole/shared
sed -i 's,/workspace/target,target,' whole/own/larder.toml
good "$larder" build "$own_target" -C whole/own
expect_prints whole/own prog own
c_source other >whole/shared/main.c
good "$larder" build "$own_target" -C whole/own
expect_prints whole/own prog other

say "a recipe in the project's folder, and what it may not do"
mkdir -p kept/larder/recipes
cp own/main.c own/build.sh kept
{
    printf 'name = "kept"\ntitle = "Kept"\ndetect = ["build.sh"]\n'
    sed -n 's/^\[recipe\.\(.*\)/[\1/; /^\[recipe\]/d; p' own/larder.toml
    printf '[volumes]\ncompiled = "kept-{project}-{target}"\n'
} >kept/larder/recipes/kept.toml
sed -i '/^output/d; 1i output = "target"' kept/larder/recipes/kept.toml
good "$larder" build "$own_target" -C kept
expect_prints kept prog own
printf '[[volumes.download]]\nname = "cargo-cache-{target}"\npath = "/var/cache/x"\n' >>kept/larder/recipes/kept.toml
run "$larder" build "$own_target" -C kept
expect_status 2
expect_err "call it 'project-cargo-cache-{target}'"
