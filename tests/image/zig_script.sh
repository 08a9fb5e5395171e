#!/usr/bin/env bash
# The script that installs zig, against an index on loopback whose wheel has a zig of the test's, and the wrapper that makes it a target's compiler:
# what each line of its table makes of what compilers are told.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_program python3
PIP='python3 -m pip'
for file in /usr/share/python-wheels/pip-*.whl; do [[ ! -e $file ]] || PIP="python3 $file/pip"; done
$PIP --version >/dev/null 2>&1 || skip 'there is no pip'

scripts=$tests/../src/image/scripts root=$work/root/usr/local/zig
# wheel VERSION [TEXT]: an index that has this one, too. Its zig prints what it is told; the text makes it another one.
wheel() {
    local folder=$work/wheel
    rm -rf "$folder" && mkdir -p "$folder/ziglang" "$folder/ziglang-$1.dist-info" "$work/server/simple/ziglang"
    # shellcheck disable=SC2016 # the stub's
    printf '#!/bin/sh\n# %s\n[ "$1" != version ] || { echo %s; exit; }\n' "${2-}" "$1" >"$folder/ziglang/zig"
    # shellcheck disable=SC2016 # the stub's
    printf '%s\n' 'for word; do printf "%s " "$word"; done' 'echo' '[ ! -d "$ZIG_LOCAL_CACHE_DIR" ] || echo "$ZIG_LOCAL_CACHE_DIR" >>"$LOCAL_CACHES"' \
        >>"$folder/ziglang/zig"
    printf 'Metadata-Version: 2.1\nName: ziglang\nVersion: %s\n' "$1" >"$folder/ziglang-$1.dist-info/METADATA"
    printf 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' >"$folder/ziglang-$1.dist-info/WHEEL"
    : >"$folder/ziglang-$1.dist-info/RECORD"
    rm -f "$work/server/simple/ziglang/ziglang-$1-py3-none-any.whl"
    (cd "$folder" && python3 -m zipfile --create "$work/server/simple/ziglang/ziglang-$1-py3-none-any.whl" ziglang "ziglang-$1.dist-info")
    for file in "$work"/server/simple/ziglang/*.whl; do printf '<a href="%s">%s</a>\n' "${file##*/}" "${file##*/}"; done >"$work/server/simple/ziglang/index.html"
}
wheel 0.16.0
wheel 0.17.1
: >"$work/server.log"
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/server" 0 >"$work/server.log" 2>&1 &
server=$!
until_true 20 grep -q 'port [0-9]' "$work/server.log"
port=$(sed -nE 's/.*port ([0-9]+).*/\1/p' "$work/server.log")
for name in $(compgen -e PIP_); do unset "$name"; done
export PIP_INDEX_URL=http://somebody:hidden-password@127.0.0.1:$port/simple PIP_RETRIES=0 PIP LOCAL_CACHES=$work/caches

zig() { DESTDIR=$work/root sh "$scripts/zig" ziglang; }
refuses() {
    rm -rf "$work/root"
    run zig
    expect_status 100
    expect_equal "$(sed -n 's/^larder: zig //p' "$work/stderr")" "$1" 'what is said'
}

say 'the newest, and the one that is pinned'
good zig
read -r sum version <"$root/larder-zig"
expect_equal "$version" 0.17.1 'the newest'
expect_equal "$sum" "$(sha256sum <"$work/server/simple/ziglang/ziglang-0.17.1-py3-none-any.whl" | cut -d ' ' -f 1)" 'its hash'
wheel 0.18.0
rm -rf "$work/root"
LARDER_ZIG_VERSION=0.17.1 LARDER_ZIG_SHA256=$sum good zig
expect grep -q 0.17.1 "$root/larder-zig"

say 'what is not to be had'
LARDER_ZIG_VERSION=0.15.9 LARDER_ZIG_SHA256=$sum refuses 'gone 0.15.9'
wheel 0.17.1 'of somebody else'
LARDER_ZIG_VERSION=0.17.1 LARDER_ZIG_SHA256=$sum refuses 'hash 0.17.1'
PIP_INDEX_URL=http://127.0.0.1:$port/none refuses 'index Could not find a version that satisfies the requirement ziglang (from versions: none)'
expect test ! -e "$root"
good zig

say 'the wrapper'
DESTDIR=$work/root good sh "$scripts/zig-target" aarch64-linux-musl aarch64-linux-gnu-
DESTDIR=$work/root good sh "$scripts/zig-target" x86_64-linux-musl x86_64-linux-gnu-
bin=$work/root/usr/bin
export LARDER_ZIG=$root
expect_equal "$(readlink "$bin/aarch64-linux-musl-zig-strip")" /usr/bin/aarch64-linux-gnu-strip 'what zig has not'
for name in cc c++ ar ranlib; do ln -sf "$root/tool" "$bin/aarch64-linux-musl-zig-$name" && ln -sf "$root/tool" "$bin/x86_64-linux-musl-zig-$name"; done
printf '#!/bin/sh\necho "strip $*"\n' >"$work/strip"
chmod 755 "$work/strip"
ln -sf "$work/strip" "$bin/x86_64-linux-musl-zig-strip"
PATH=$bin:$PATH
fixed() { sed "s/^$tool -target $target -fno-sanitize=undefined -g0 //; s/ *\$//"; }
# row TOLD WORDS
row() {
    # shellcheck disable=SC2086 # words
    expect_equal "$("$target-zig-$tool" $1 | fixed)" "$2" "what becomes of $1"
}
target=x86_64-linux-musl tool=cc
row '-c a.c -o a.o' '-c a.c -o a.o'
row '-O0 -fsanitize=undefined -g -c a.c' '-O0 -fsanitize=undefined -g -c a.c'
row '--target=x86_64-unknown-linux-musl -c a.c' '-c a.c'
row '--target=wasm32 -c a.c' '--target=wasm32 -c a.c'
row '-march=x86-64-v2 -mtune=generic -c a.c' '-mcpu=x86_64_v2 -c a.c'
row '-march=native -c a.c' '-march=native -c a.c'
row '-dumpmachine' x86_64-linux-musl
row '-print-multiarch' x86_64-linux-musl
row '-print-file-name=libc.a' libc.a
row 'a.o -lgcc_s -lgcc -lgcc_eh -lm' 'a.o -lunwind -lunwind -lm -O2'
row '-static-pie a.o' '-pie a.o -O2'
row '-Os a.o -flto' '-Os a.o -O2'
row '-Os -flto a.c -o a' '-Os -flto a.c -o a -O2 -Xclang -Os'
row '-O3 a.c' '-O3 a.c'
row '/r/self-contained/rcrt1.o /r/self-contained/crti.o /r/self-contained/crtbeginS.o a.o -nostartfiles /r/self-contained/crtendS.o /r/self-contained/crtn.o' 'a.o -O2'
row '-nostartfiles crt1.o' '-nostartfiles crt1.o -O2'
row '-Wl,-O1 -Wl,--as-needed,--threads=2,--gc-sections -Wl,-z,separate-code,-z,relro -Wl,-z,separate-code a.o' '-Wl,--as-needed,--gc-sections -Wl,-z,relro a.o -O2'
row '-Wl,--undefined=f,-R/x,--defsym=a=b a.o' '-Wl,-u,f,-rpath,/x,--defsym=a=b a.o -O2'
row '-s a.o -o prog' 'a.o -o prog -O2
strip --strip-all prog'
row '-Wl,--strip-debug a.o -oprog' 'a.o -oprog -O2
strip --strip-debug prog'
row '-s -c a.c' '-c a.c'
tool=c++
row 'a.cpp -o a' 'a.cpp -o a'
target=aarch64-linux-musl
row '-march=armv8-a -c a.c' '-mcpu=generic -c a.c'
row '-march=armv8-a+crc+crypto -c a.c' '-mcpu=generic+crc+crypto -c a.c'
row '-march=armv8.2-a+fp16+dotprod -c a.c' '-mcpu=generic+v8_2a+fullfp16+dotprod -c a.c'
row '--target=aarch64-unknown-linux-musl -c a.c' '-c a.c'
expect_equal "$(aarch64-linux-musl-zig-ar rcs a.a b.o)" 'ar rcs a.a b.o ' 'the archiver'
printf '#!/bin/sh\nexit 3\n' >"$root/ziglang/zig"
run x86_64-linux-musl-zig-cc -s a.o
expect_status 3
refuse_out strip
expect_equal "$(sort -u "$work/caches" | while read -r folder; do [[ ! -e $folder ]] || echo "$folder"; done)" '' 'what is left of its folders'

say 'an old glibc'
DESTDIR=$work/root good sh "$scripts/zig-target" x86_64-linux-gnu.2.17 x86_64-linux-gnu-
for name in cc c++; do ln -sf "$root/tool" "$bin/x86_64-linux-gnu.2.17-zig-$name"; done
good zig
target=x86_64-linux-gnu.2.17
row '--target=x86_64-unknown-linux-gnu a.o -lgcc_s' 'a.o -lunwind -O2'
row '-dumpmachine' x86_64-linux-gnu
row '-static-pie a.o' '-static-pie a.o -O2'

say 'no index'
kill "$server"
wait "$server" 2>/dev/null || true
run env DESTDIR="$work/other" sh "$scripts/zig" ziglang
expect_status 100
expect_err 'larder: zig index'
refuse_err hidden-password

say 'two C++ libraries in one program'
mkdir -p "$work/link"
printf 'libc++abi: terminating' >"$work/link/libthrows.so"
: >"$work/link/libplain.so"
for words in "$work/link/libthrows.so" "-L$work/link -lthrows"; do
    # shellcheck disable=SC2086 # words
    run x86_64-linux-musl-zig-c++ a.o $words -o prog
    expect_status 1
    expect_err 'prog and libthrows.so would each have a C++ library'
done
printf '#!/bin/sh\n' >"$root/ziglang/zig"
good x86_64-linux-musl-zig-c++ a.o "-L$work/link" -lplain
LARDER_SHARED_CXX=1 good x86_64-linux-musl-zig-c++ a.o "-L$work/link" -lthrows
good x86_64-linux-musl-zig-cc a.o "-L$work/link" -lthrows
