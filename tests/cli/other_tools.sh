#!/usr/bin/env bash
# configure, Meson, Ninja, Go, and recipes of a project's own.
# shellcheck disable=SC2016 # these are texts for make and sh
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_other_target
targets=("$own_target" "$other_target")
if command -v aarch64-linux-gnu-gcc >/dev/null && [[ $own_target == x64 ]]; then targets+=(arm64); fi

c_program() { printf '#include <stdio.h>\n#ifndef WORD\n#define WORD "%s"\n#endif\nint main(void) { puts(WORD); return 0; }\n' "$1"; }
prints() { expect_equal "$("$(program "$1" prog)")" "$2" "the program of $1"; }

say 'a configure by hand, in the source tree'
mkdir hand
c_program hand >hand/main.c
cat >hand/configure <<'END'
#!/bin/sh
for argument; do
  case $argument in
  --host=*) host=${argument#--host=}- ;;
  --word=*) flags="-DWORD=\\\"${argument#--word=}\\\"" ;;
  --enable-word) flags='-DWORD=\"enabled\"' ;;
  esac
done
[ -z "$CC" ] || host=
printf 'prog: main.c\n\t%s%s %s -o prog main.c\ncheck: prog\n\t./prog >said\n' "$host" "${CC-gcc}" "$flags" >Makefile
END
chmod +x hand/configure
good "$larder" build "${targets[@]}" -C hand
prints hand hand
good "$larder" build "$own_target" -C hand -- --enable-word
prints hand enabled
good "$larder" build "$own_target" -C hand -- --word=said --no-print-directory
prints hand said
good "$larder" test "$own_target" -C hand
[[ ! -e hand/Makefile ]] || fail 'a build has written into the project'
sed -i 's/^printf/[ ! -f word ] || flags="-DWORD=\\\\\\"$(cat word)\\\\\\""\n&/' hand/configure
good "$larder" build "$own_target" -C hand
prints hand hand
echo found >hand/word
good "$larder" build "$own_target" -C hand
prints hand found
rm hand/word
good "$larder" build "$own_target" -C hand
prints hand hand

say "Autoconf's configure, made by the way"
if command -v autoreconf automake >/dev/null; then
    mkdir -p conf/src
    c_program conf >conf/src/main.c
    printf 'AC_INIT([prog], [1])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\nAC_CONFIG_FILES([Makefile src/Makefile])\nAC_OUTPUT\n' \
        >conf/configure.ac
    sed -i '3a\AS_IF([test -f "$srcdir/word"], [AC_DEFINE_UNQUOTED([WORD], ["`cat $srcdir/word`"])])' conf/configure.ac
    printf 'SUBDIRS = src\n' >conf/Makefile.am
    printf 'bin_PROGRAMS = prog\nprog_SOURCES = main.c\nTESTS = prog\n' >conf/src/Makefile.am
    good "$larder" build "${targets[@]}" -C conf
    prints conf conf
    echo found >conf/word
    good "$larder" build "$own_target" -C conf
    prints conf found
    rm conf/word
    good "$larder" build "$own_target" -C conf
    prints conf conf
    sed -i '1s/\[1\]/m4_esyscmd_s([cat version])/' conf/configure.ac
    sed -i '1i#define WORD PACKAGE_VERSION' conf/src/main.c
    for version in 2 3; do
        echo "$version" >conf/version
        good "$larder" build "$own_target" -C conf
        prints conf "$version"
    done
    if command -v qemu-aarch64-static >/dev/null && [[ ${targets[*]} == *arm64* ]]; then
        good "$larder" test arm64 -C conf
        expect_err 'PASS:  1'
    fi
    printf '[artifacts]\ninstall = true\n' >conf/larder.toml
    good "$larder" build "$own_target" -C conf
    expect_equal "$("$(program conf bin/prog)")" 3 'the installed program'
    [[ ! -e $(program conf prog) ]] || fail 'what is not installed'
else
    say '  no Autoconf here: left out'
fi

say 'Meson'
if command -v meson ninja >/dev/null; then
    mkdir meson
    printf "project('prog', 'c')\ne = executable('prog', 'main.c')\ntest('runs', e)\n" >meson/meson.build
    printf "add_project_arguments('-DWORD=\"' + get_option('word') + '\"', language: 'c')\n" >meson/first
    sed -i '1r meson/first' meson/meson.build
    printf "option('word', type: 'string', value: 'meson')\n" >meson/meson_options.txt
    c_program none >meson/main.c
    good "$larder" build "${targets[@]}" -C meson
    prints meson meson
    sed -i 's/meson.)/another'"'"')/' meson/meson_options.txt
    sed -i "s/executable('prog'/executable('program'/" meson/meson.build
    good "$larder" build "$own_target" -C meson
    expect_equal "$("$(program meson program)")" another
    [[ ! -e $(program meson prog) ]] || fail 'a program that Meson no longer makes'
    sed -i "s/executable('program'/executable('prog'/" meson/meson.build
    good "$larder" build "$own_target" -C meson -- -Dword=given
    prints meson given
    printf "[built-in options]\nc_args = ['-DWORD=\"native\"']\n" >meson/native.ini
    sed -i '/add_project_arguments/d' meson/meson.build
    good "$larder" build "$own_target" -C meson -- --native-file native.ini --buildtype debug
    prints meson native
    good "$larder" test "${targets[@]}" -C meson
    sed -i "s/'main.c')/'main.c', install: true)/" meson/meson.build
    printf '[artifacts]\ninstall = true\n' >meson/larder.toml
    good "$larder" build "$own_target" -C meson
    expect_equal "$("$(program meson bin/prog)")" none 'the installed program'
else
    say '  no Meson here: left out'
fi

say 'Ninja'
if command -v ninja >/dev/null; then
    mkdir ninja
    printf 'rule cc\n  command = $$CC -o $out $in\nbuild prog: cc main.c\n' >ninja/build.ninja
    c_program ninja >ninja/main.c
    good "$larder" build "${targets[@]}" -C ninja
    prints ninja ninja
    sed -i 's/build prog:/build other:/' ninja/build.ninja
    good "$larder" build "$own_target" -C ninja
    [[ ! -e $(program ninja prog) ]] || fail 'ninja still gives what build.ninja no longer has'
else
    say '  no Ninja here: left out'
fi

say 'Go, with C'
if command -v go >/dev/null || [[ -x /usr/local/go/bin/go ]]; then
    mkdir go
    printf 'module example.org/prog\n\ngo 1.19\n' >go/go.mod
    printf 'package main\n\n// #include <stdio.h>\n// static void say(void) { puts("go"); fflush(stdout); }\nimport "C"\n\nfunc main() { C.say() }\n' >go/main.go
    good "$larder" build "${targets[@]}" -C go
    prints go go
    sed -i 's/"go"/WORD/; s,// #include.*,&\n// #include "word.txt",' go/main.go
    for word in first other; do
        printf '#define WORD "%s"\n' "$word" >go/word.txt
        good "$larder" build "$own_target" -C go
        expect_equal "$("$(program go prog)")" "$word"
    done
    mkdir -p go/cmd/{one,two}
    printf 'package main\n\nvar word = "plain"\n\nfunc main() { println(word) }\n' | tee go/cmd/one/main.go >go/cmd/two/main.go
    good "$larder" build "$own_target" -C go -- -ldflags '-X main.word=given' ./cmd/one
    expect_equal "$("$(program go one)" 2>&1)" given
    [[ ! -e $(program go two) ]] || fail "a Go program that nobody has named"
    good "$larder" build "$own_target" -C go -- -o named ./cmd/two
    expect_equal "$("$(program go named)" 2>&1)" plain
    [[ ! -e $(program go two) ]] || fail "a Go program by another name than was asked for"
    good "$larder" build "$own_target" -C go -- -o=bin/ ./cmd/two
    expect_equal "$("$(program go two)" 2>&1)" plain
    say 'a workspace of Go modules, whose root is none'
    mkdir -p goes/app goes/part
    printf 'go 1.19\n\nuse (\n\t./app\n\t./part\n)\n' >goes/go.work
    for module in app part; do printf 'module example.org/%s\n\ngo 1.19\n' "$module" >"goes/$module/go.mod"; done
    printf 'package part\n\nconst Word = "workspace"\n' >goes/part/part.go
    printf 'package main\n\nimport "example.org/part"\n\nfunc main() { println(part.Word) }\n' >goes/app/main.go
    good "$larder" build "$own_target" -C goes
    expect_equal "$("$(program goes app)" 2>&1)" workspace
    say 'Go modules in vendor/ are not fetched'
    mkdir -p go/vendor/example.org/part
    printf '# example.org/part v1.0.0\n## explicit; go 1.19\nexample.org/part\n' >go/vendor/modules.txt
    printf '\nrequire example.org/part v1.0.0\n' >>go/go.mod
    printf 'package part\n\nconst Word = "vendored"\n' >go/vendor/example.org/part/part.go
    printf 'package main\n\nimport "example.org/part"\n\nfunc main() { println(part.Word) }\n' >go/main.go
    GOPROXY=http://127.0.0.1:9 good "$larder" build "$own_target" -C go
    expect_equal "$("$(program go prog)" 2>&1)" vendored
    say "the user's GOPROXY is where modules come from"
    rm -r go/vendor
    GOPROXY=http://127.0.0.1:9 run "$larder" build "$own_target" -C go
    expect_status 1
    expect_err 127.0.0.1:9
else
    say '  no Go here: left out'
fi

say "a project's own commands"
mkdir own
c_program own >own/main.c
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
prints own own
sed -i 's/prog/other/' own/build.sh
good "$larder" build "$own_target" -C own
[[ ! -e $(program own prog) && -e $(program own other) ]] || fail 'a script still gives what it no longer makes'
sed -i 's/other/prog/' own/build.sh

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
prints kept own
printf '[[volumes.download]]\nname = "cargo-cache-{target}"\npath = "/var/cache/x"\n' >>kept/larder/recipes/kept.toml
run "$larder" build "$own_target" -C kept
expect_status 2
expect_err "call it 'project-cargo-cache-{target}'"
