#!/usr/bin/env bash
# Meson: options, files of settings, targets that come and go.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program meson ninja
need_targets

mkdir meson
printf "project('prog', 'c')\ne = executable('prog', 'main.c')\ntest('runs', e)\n" >meson/meson.build
printf "add_project_arguments('-DWORD=\"' + get_option('word') + '\"', language: 'c')\n" >meson/first
sed -i '1r meson/first' meson/meson.build
printf "option('word', type: 'string', value: 'meson')\n" >meson/meson_options.txt
c_source none >meson/main.c
good "$larder" build "${targets[@]}" -C meson
expect_prints meson prog meson
sed -i 's/meson.)/another'"'"')/' meson/meson_options.txt
sed -i "s/executable('prog'/executable('program'/" meson/meson.build
good "$larder" build "$own_target" -C meson
expect_prints meson program another
[[ ! -e $(program meson prog) ]] || fail 'a program that Meson no longer makes'
sed -i "s/executable('program'/executable('prog'/" meson/meson.build
good "$larder" build "$own_target" -C meson -- -Dword=given
expect_prints meson prog given
printf "[built-in options]\nc_args = ['-DWORD=\"native\"']\n" >meson/native.ini
sed -i '/add_project_arguments/d' meson/meson.build
good "$larder" build "$own_target" -C meson -- --native-file native.ini --buildtype debug
expect_prints meson prog native
good "$larder" test "${targets[@]}" -C meson
sed -i 's/native"/edited"/' meson/native.ini
good "$larder" build "$own_target" -C meson -- --native-file native.ini --buildtype debug
expect_prints meson prog edited
sed -i "s/'main.c')/'main.c', install: true)/" meson/meson.build
printf '[artifacts]\ninstall = true\n' >meson/larder.toml
good "$larder" build "$own_target" -C meson
expect_prints meson bin/prog none

say 'a program whose library lies in another folder'
mkdir -p parts/{lib,src}
printf "project('p', 'c')\nsubdir('lib')\nsubdir('src')\n" >parts/meson.build
printf "word = shared_library('word', 'word.c')\n" >parts/lib/meson.build
printf 'const char* word(void) { return "shared"; }\n' >parts/lib/word.c
printf "executable('prog', 'main.c', link_with: word)\n" >parts/src/meson.build
printf '#include <stdio.h>\nconst char* word(void);\nint main(void) { puts(word()); return 0; }\n' >parts/src/main.c
good "$larder" build "$own_target" -C parts
expect_prints parts src/prog shared
