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
