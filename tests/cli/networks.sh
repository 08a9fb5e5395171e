#!/usr/bin/env bash
# The user's network: a proxy, servers with certificates of their own authority, a registry with a token, a mirror, git with a password.
# The fetch finds its way, the build has no network, and no secret is left anywhere. In containers, if a second argument names docker.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
need_cargo
need_program python3 git openssl
[[ -x $(git --exec-path)/git-http-backend ]] || skip 'this git serves nothing by HTTP'
on_exit() { stop_engines; }
use_engine "${2-native}"

token=hidden-token-of-registry password=hidden-password-of-git net=$work/net
mkdir -p "$net/crates" "$net/git"

say 'a network of its own'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Our authority' \
    -keyout "$net/ca.key" -out "$net/ca.pem" 2>"$work/stderr"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=servers' -keyout "$net/server.key" -out "$net/server.csr" 2>"$work/stderr"
printf 'subjectAltName = DNS:registry.example, DNS:mirror.example, DNS:git.example, DNS:taker.example\n' >"$net/names"
openssl x509 -req -in "$net/server.csr" -CA "$net/ca.pem" -CAkey "$net/ca.key" -CAcreateserial -days 2 -extfile "$net/names" \
    -out "$net/server.crt" 2>"$work/stderr"
cat "$net/server.crt" "$net/server.key" >"$net/server.pem"

# A library NAME whose word() is WORD: library FOLDER NAME WORD
library() {
    mkdir -p "$1/src"
    printf '[package]\nname = "%s"\nversion = "1.0.0"\nedition = "2021"\n' "$2" >"$1/Cargo.toml"
    printf 'pub fn word() -> &%sstatic str { "%s" }\n' "'" "$3" >"$1/src/lib.rs"
}
entries=
for name in ours-private ours-mirrored; do
    library "$name-1.0.0" "$name" "$name"
    tar -czf "$net/crates/$name-1.0.0.crate" "$name-1.0.0"
    sum=$(sha256sum "$net/crates/$name-1.0.0.crate")
    entries+="${entries:+,}\"$name\": {\"name\": \"$name\", \"vers\": \"1.0.0\", \"deps\": [], \"features\": {}, \"yanked\": false, \"cksum\": \"${sum%% *}\"}"
done
printf '{%s}\n' "$entries" >"$net/index.json"
library kept ours-kept ours-kept
git -C kept init -q
git -C kept add .
git -C kept commit -qm one
git clone -q --bare kept "$net/git/kept.git"

printf '%s\n' "$token" somebody "$password" >"$net/secrets"
python3 "$tests/cli/network_server.py" "$net" &
until_true 20 test -s "$net/port"
proxy=http://127.0.0.1:$(<"$net/port")

# A program that prints what the library NAME says; more of its dependency is in REST: user FOLDER NAME REST
user() {
    cargo_project "$1"
    rm "$1/Cargo.lock"
    printf '%s' "$engine_settings" >"$1/larder.toml"
    printf '[dependencies]\n%s = { %s }\n' "$2" "$3" >>"$1/Cargo.toml"
    printf 'fn main() { println!("{}", %s::word()); }\n' "${2//-/_}" >"$1/src/main.rs"
}
prints() { expect_equal "$("$(program "$1" tiny)")" "$2" "the program of $1"; }
build() { "$larder" build "$own_target" -C "$@"; }
# Another store, once the last one has been searched for what is secret.
start_anew() {
    wait_for_upkeep
    expect_equal "$(grep -rlaE "$token|$password" "$LARDER_STORE" private variables mirrored by-* 2>/dev/null || true)" '' 'secrets in files'
    forget_store
}
# What a phase shows to others on this machine while it runs: the arguments of all processes.
watch_arguments() {
    while :; do
        cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -aE "$token|$password" | grep -avxF "$token|$password" >>"$work/arguments" || true
    done
}
watch_arguments &
watcher=$!

say 'a registry that wants a token, behind a proxy, with an own authority: all by the user'\''s cargo settings'
mkdir "$HOME/.cargo"
printf '[registries.ours]\nindex = "sparse+https://registry.example/"\n[http]\nproxy = "%s"\ncainfo = "%s"\n' "$proxy" "$net/ca.pem" \
    >"$HOME/.cargo/config.toml"
user private ours-private 'version = "1", registry = "ours"'
run build private
expect_status 1
expect_err 'hint: '
printf '[registries.ours]\ntoken = "%s"\n' "$token" >"$HOME/.cargo/credentials.toml"
good build private
prints private ours-private
expect grep -q 'registry.example GET /crates/ours-private-1.0.0.crate 200 with a secret' "$net/requests"
rm "$HOME/.cargo/credentials.toml"
: >"$net/requests"
good build private --force
expect_equal "$(<"$net/requests")" '' 'what a warm build asks'

say 'the token in a variable, the proxy and the authority in others'
printf '[registries.ours]\nindex = "sparse+https://registry.example/"\n' >"$HOME/.cargo/config.toml"
user variables ours-private 'version = "=1.0.0", registry = "ours"'
start_anew
CARGO_REGISTRIES_OURS_TOKEN=$token HTTPS_PROXY=$proxy SSL_CERT_FILE=$net/ca.pem good build variables
prints variables ours-private

say 'a registry that the project names gets no token of the user'\''s without consent'
printf '[registries.ours]\ntoken = "%s"\n[registry]\ntoken = "%s"\n' "$token" "$token" >"$HOME/.cargo/credentials.toml"
taker='sparse+https://taker.example/'
taken() { grep -c '^taker.example .* with a secret$' "$net/requests" || true; }
names_taker() { HTTPS_PROXY=$proxy SSL_CERT_FILE=$net/ca.pem run build "$1" "${@:2}"; }
for way in file include repository variable source; do
    folder=$way/app
    mkdir -p "$way" && git -C "$way" init -q
    user "$folder" ours-private 'version = "=1.0.0", registry = "ours"'
    mkdir -p "$way/.cargo" "$folder/.cargo"
    index="[registries.ours]\nindex = \"$taker\"\n"
    case $way in
        file) printf '%b' "$index" >"$folder/.cargo/config.toml" ;;
        include)
            printf 'include = "more.toml"\n' >"$folder/.cargo/config.toml"
            printf '%b' "$index" >"$folder/.cargo/more.toml"
            ;;
        repository) printf '%b' "$index" >"$way/.cargo/config.toml" ;;
        variable) printf '[build.env]\nCARGO_REGISTRIES_OURS_INDEX = "%s"\n' "$taker" >>"$folder/larder.toml" ;;
        source)
            user "$folder" ours-private 'version = "1"'
            printf '[source.crates-io]\nreplace-with = "ours"\n[source.ours]\nregistry = "%s"\n' "$taker" >"$folder/.cargo/config.toml"
            ;;
    esac
    names_taker "$folder"
    expect_equal "$(taken)" 0 "what the project's $way takes"
    [[ $way == source ]] || expect_err 'without your consent this does not count: your token'
done
expect grep -q '^taker.example .* 401$' "$net/requests"
names_taker file/app --trust
expect_status 0
prints file/app ours-private
(($(taken) > 0)) || fail 'with consent it gets the token'
start_anew

say 'a proxy of the project'\''s is used, and sees nothing secret'
printf '[http]\nproxy = "%s"\ncainfo = "%s"\n' "$proxy" "$net/ca.pem" >file/app/.cargo/config.toml
: >"$net/requests"
run build file/app
expect_status 1
expect_err "your tokens and passwords in a fetch with the project's http.proxy"
expect grep -q '^proxy CONNECT registry.example:443' "$net/requests"
refuse_requests() { ! grep -q "$1" "$net/requests" || fail "requests have: $1"; }
refuse_requests 'with a secret'
rm "$HOME/.cargo/credentials.toml"

say 'a mirror in the place of crates.io'
printf '[source.crates-io]\nreplace-with = "ours"\n[source.ours]\nregistry = "sparse+https://mirror.example/"\n' >"$HOME/.cargo/config.toml"
user mirrored ours-mirrored 'version = "1"'
HTTPS_PROXY=$proxy SSL_CERT_FILE=$net/ca.pem good build mirrored
prints mirrored ours-mirrored

say "git by HTTPS with a password: netrc, and git's own store of passwords"
for way in netrc store; do
    user "by-$way" ours-kept 'git = "https://git.example/kept.git"'
    printf '[net]\nretry = 0\n[http]\nproxy = "%s"\ncainfo = "%s"\n' "$proxy" "$net/ca.pem" >"$HOME/.cargo/config.toml"
    case $way in
        netrc)
            printf 'machine git.example login somebody password %s\n' "$password" >"$HOME/.netrc"
            # Behind a proxy, or with an authority of its own, cargo's own git asks for no password.
            run build by-netrc
            expect_status 1
            expect_err 'hint: cargo asks for no password'
            ;;
        store)
            rm "$HOME/.netrc"
            printf 'https://somebody:%s@git.example\n' "$password" >"$HOME/.git-credentials"
            printf '[credential]\n\thelper = store\n' >"$HOME/.gitconfig"
            ;;
    esac
    printf '[net]\ngit-fetch-with-cli = true\n' >"$HOME/.cargo/config.toml"
    # A project could lend itself the password.
    printf '[build.env]\nPATH = "/workspace/tools:/usr/bin:/bin"\nGIT_ASKPASS = "/workspace/tools/git"\n' >>"by-$way/larder.toml"
    mkdir -p "by-$way/tools"
    printf '#!/bin/sh\ncat ~/.netrc /run/larder/git-passwords-* >/usr/local/cargo/git/taken\nexit 1\n' >"by-$way/tools/git"
    chmod +x "by-$way/tools/git"
    start_anew
    GIT_CONFIG_GLOBAL=$HOME/.gitconfig HTTPS_PROXY=$proxy SSL_CERT_FILE=$net/ca.pem good build "by-$way"
    prints "by-$way" ours-kept
done

say "other ways to keep a secret are programs, which do not run: the hint says what does"
for helper in cache '!printf "username=somebody\npassword=hidden-password-of-git\n"' "$work/helper"; do
    printf '#!/bin/sh\necho username=somebody\necho password=%s\n' "$password" >"$work/helper"
    chmod +x "$work/helper"
    value=${helper//\\/\\\\} value=${value//\"/\\\"}
    printf '[credential]\n\thelper = "%s"\n' "$value" >"$HOME/helper.gitconfig" # `git config` would show it among its arguments
    start_anew
    GIT_CONFIG_GLOBAL=$HOME/helper.gitconfig HTTPS_PROXY=$proxy SSL_CERT_FILE=$net/ca.pem run build by-store
    expect_status 1
    expect_err 'runs no other helper'
done
rm "$work/helper" "$HOME/helper.gitconfig"
for provider in 'cargo:libsecret' "cargo:token-from-stdout cat $net/secrets"; do
    printf '[registries.ours]\nindex = "sparse+https://registry.example/"\n[registry]\nglobal-credential-providers = ["%s"]\n' "$provider" >"$HOME/.cargo/config.toml"
    start_anew
    HTTPS_PROXY=$proxy SSL_CERT_FILE=$net/ca.pem run build variables
    expect_status 1
    expect_err 'runs no other credential provider'
done
printf '[net]\ngit-fetch-with-cli = true\n' >"$HOME/.cargo/config.toml"
start_anew
GIT_CONFIG_GLOBAL=$HOME/.gitconfig HTTPS_PROXY=$proxy SSL_CERT_FILE=$net/ca.pem good build by-store

say 'nothing secret is left'
kill "$watcher"
GIT_CONFIG_GLOBAL=$HOME/.gitconfig good build by-store --dry-run
expect_out "$HOME/.git-credentials"
expect_equal "$(cat "$work/arguments" 2>/dev/null)" '' 'secrets in arguments'
start_anew
expect_equal "$(what_engine_keeps "$token|$password")" '' 'secrets that the engine keeps'
