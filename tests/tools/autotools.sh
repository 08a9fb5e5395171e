#!/usr/bin/env bash
# configure: one that is written by hand, and Autoconf's.
# shellcheck disable=SC2016 # these are texts for make and sh
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program autoreconf automake
need_targets

say 'a configure by hand, in the source tree'
mkdir hand
c_source hand >hand/main.c
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
expect_prints hand prog hand
good "$larder" build "$own_target" -C hand -- --enable-word
expect_prints hand prog enabled
good "$larder" build "$own_target" -C hand -- --word=said --no-print-directory
expect_prints hand prog said
good "$larder" test "$own_target" -C hand
[[ ! -e hand/Makefile ]] || fail 'a build has written into the project'
sed -i 's/^printf/[ ! -f word ] || flags="-DWORD=\\\\\\"$(cat word)\\\\\\""\n&/' hand/configure
good "$larder" build "$own_target" -C hand
expect_prints hand prog hand
echo found >hand/word
good "$larder" build "$own_target" -C hand
expect_prints hand prog found
rm hand/word
good "$larder" build "$own_target" -C hand
expect_prints hand prog hand

say "what the user's own configure has left is not shown"
mkdir own
printf 'AC_INIT([prog], [1])\nAC_PROG_CC\nAC_ARG_ENABLE([word], [], [AC_DEFINE([WORD], ["enabled"])])\nAC_CONFIG_HEADERS([config.h])\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n' \
    >own/configure.ac
printf '#undef WORD\n' >own/config.h.in
c_source own >own/main.c
sed -i '1i#include "config.h"' own/main.c
printf 'VPATH = @srcdir@\nprog: main.o\n\t@CC@ -o $@ main.o\nmain.o: main.c config.h\n\t@CC@ -I. -c $<\n' >own/Makefile.in
(cd own && autoconf && ./configure --enable-word && make) >"$work/stdout" 2>"$work/stderr" || fail "the project's own build"
expect_equal "$(own/prog)" enabled
good "$larder" build "${targets[@]}" -C own
expect_prints own prog own
expect_err 'what other builds have left in the project is not shown to the build: config.status'

say "Autoconf's configure, made by the way"
mkdir -p conf/src
c_source conf >conf/src/main.c
printf 'AC_INIT([prog], [1])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\nAC_CONFIG_FILES([Makefile src/Makefile])\nAC_OUTPUT\n' \
    >conf/configure.ac
sed -i '3a\AS_IF([test -f "$srcdir/word"], [AC_DEFINE_UNQUOTED([WORD], ["`cat $srcdir/word`"])])' conf/configure.ac
printf 'SUBDIRS = src\n' >conf/Makefile.am
printf 'bin_PROGRAMS = prog\nprog_SOURCES = main.c\nTESTS = prog\n' >conf/src/Makefile.am
good "$larder" build "${targets[@]}" -C conf
expect_prints conf prog conf
echo found >conf/word
good "$larder" build "$own_target" -C conf
expect_prints conf prog found
rm conf/word
good "$larder" build "$own_target" -C conf
expect_prints conf prog conf
sed -i '1s/\[1\]/m4_esyscmd_s([cat version])/' conf/configure.ac
sed -i '1i#define WORD PACKAGE_VERSION' conf/src/main.c
for version in 2 3; do
    echo "$version" >conf/version
    good "$larder" build "$own_target" -C conf
    expect_prints conf prog "$version"
done
if command -v qemu-aarch64-static >/dev/null && [[ ${targets[*]} == *arm64* ]]; then
    good "$larder" test arm64 -C conf
    expect_err 'PASS:  1'
fi
printf '[artifacts]\ninstall = true\n' >conf/larder.toml
good "$larder" build "$own_target" -C conf
expect_prints conf bin/prog 3
[[ ! -e $(program conf prog) ]] || fail 'what is not installed'
