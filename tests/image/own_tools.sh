#!/usr/bin/env bash
# The compiler's name on an image from elsewhere: its own where it is of the target's kind, else what larder.toml says.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_images
need_program dash

# compiler_at PATH: one that knows a single program.
compiler_at() {
    mkdir -p "${1%/*}"
    # shellcheck disable=SC2016 # for the shell inside
    printf '#!/bin/sh\necho "compiled by $0"\ncp /usr/bin/make "$2"\n' >"$1"
    chmod 755 "$1"
}

# image_of ROOT: a layout named after it.
image_of() {
    pack "$1" "$1.tar"
    layout "$1-image" --env PATH=/usr/bin:/bin "$1.tar" >/dev/null
}

# project FOLDER IMAGE [LINE...]
project() {
    image_project "$@"
    printf 'program:\n\t$(CC) -o $@\n' >"$1/Makefile"
}

dynamic_shell() {
    rm "$1/bin/sh"
    cp -L "$(command -v dash)" "$1/bin/sh"
    ldd "$(command -v dash)" | grep -oE '/[^ ]+' | while read -r name; do
        mkdir -p "$1/${name%/*}"
        cp -L "$name" "$1/$name"
    done
}

say 'the image is of the target'"'"'s kind: its compiler is cc'
tiny_root own
dynamic_shell own
compiler_at own/usr/bin/cc
image_of own
project app "oci:$work/own-image"
cd app
good "$larder" build --verbose
expect_err 'compiled by /usr/bin/cc'
expect cmp "$(program . program)" /usr/bin/make

say 'larder.toml goes before that'
project ../told "oci:$work/own-image" "[target.$own_target]" 'cc = "their-cc"'
cd ../told
run "$larder" build
expect_status 1
expect_err "hint: the image has no their-cc; \`cc = \"…\"\` in [target.$own_target] of larder.toml tells what it is called there"
project . "oci:$work/own-image" "[target.$own_target]" 'cc = "cc"'
good "$larder" build

say 'of an image of another kind nothing is known'
tiny_root "$work/other"
compiler_at "$work/other/usr/bin/their-cc"
image_of "$work/other"
project ../other-app "oci:$work/other-image"
cd ../other-app
run "$larder" build
expect_status 1
expect_err "hint: the image has no "
project . "oci:$work/other-image" "[target.$own_target]" 'cc = "their-cc"'
good "$larder" build --verbose
expect_err 'compiled by /usr/bin/their-cc'
