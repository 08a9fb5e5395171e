#!/usr/bin/env bash
# What shells offer while a command is typed: by larder itself, and by the real shells with its scripts.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make

mkdir bin
ln -s "$larder" bin/larder
export PATH=$work/bin:$PATH

# offered WORD...: the candidates for the last word, sorted; nothing may be said on stderr.
offered() {
    good larder __complete "$@"
    [[ ! -s $work/stderr ]] || fail 'a completion says something'
    expect_equal "$(head -n 1 "$work/stdout")" words
    sed 1d "$work/stdout" | cut -f 1 | sort | tr '\n' ' '
}
kind() {
    good larder __complete "$@"
    head -n 1 "$work/stdout"
}

say 'without a project, a store and a home'
expect_equal "$(offered comp)" 'completion '
expect_equal "$(offered completion '')" 'bash fish zsh '
expect_equal "$(offered build musl)" 'musl-arm64 musl-x64 '
expect_equal "$(offered build --engine=p)" '--engine=podman '
expect_equal "$(offered cache log '')" ''
expect_equal "$(offered image rm '')" ''
expect_equal "$(offered build --image h)" 'host '
expect_equal "$(kind build -C '')" folders
expect_equal "$(kind run x64 -- l)" files
expect_equal "$(env -i "$larder" __complete cache log '')" words
expect_equal "$(LARDER_STORE=relative offered cache log '')" ''
expect_equal "$(offered no such command '')" ''
good larder __complete
[[ ! -e $LARDER_STORE ]] || fail 'a completion made a store'

say 'with a project'
cargo=project/Cargo.toml
mkdir -p project/src
printf '[package]\nname = "a"\n[profile.fast]\ninherits = "release"\n' >$cargo
touch project/src/main.rs
cat >project/larder.toml <<'END_OF_FILE'
[project]
targets = ["x64", "linux/arm64", "x; touch done", "$(touch done)", "-rf"]
END_OF_FILE
expect_equal "$(offered build -C project li)" 'linux/arm64 '
expect_equal "$(offered -C project build li)" 'linux/arm64 '
expect_equal "$(cd project && offered build li)" 'linux/arm64 '
offered build -C project '' >all
expect_equal "$(tr -d 'A-Za-z0-9/ \n-' <all)" '' 'characters that a shell would read'
expect grep -qw x64 all
expect_equal "$(offered build -C project --profile '')" 'bench debug dev fast release test '
printf 'broken = [\n' >>project/larder.toml
expect_equal "$(offered build -C project musl)" 'musl-arm64 musl-x64 '
printf 'broken = [\n' >$cargo
rm project/larder.toml
expect_equal "$(offered build -C project --profile fa)" ''

say 'with a store, which nothing is written to'
make_project made
good larder build "$own_target" -C made
wait_for_upkeep
volume=$(larder cache list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["volumes"][0]["name"])')
state=$(larder cache log "$volume" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["generations"][0]["id"])')
find "$LARDER_STORE" -printf '%p %T@ %C@ %A@\n' | sort >before
chmod a-w "$LARDER_STORE"
expect_equal "$(offered cache log "${volume:0:4}")" "$volume "
expect_equal "$(offered cache clean '')" "$volume "
expect_equal "$(offered cache clean "$volume" '')" ''
expect_equal "$(offered cache show "$volume" '')" "${state:0:8} "
expect_equal "$(offered cache diff "$volume" x "${state:0:3}")" "${state:0:8} "
expect_equal "$(offered cache show no-such-volume '')" ''
expect_equal "$(offered build --image '')" 'debian:bookworm host '
chmod u+w "$LARDER_STORE"
find "$LARDER_STORE" -printf '%p %T@ %C@ %A@\n' | sort >after
sed -i "s|^\($LARDER_STORE [0-9.]*\) .*|\1|" before after # its rights were changed
# Times of reading may change.
expect diff <(cut -d' ' -f 1-3 before) <(cut -d' ' -f 1-3 after)

say bash
good larder completion bash
cp stdout larder.bash
cat >complete.bash <<'END_OF_FILE'
# complete.bash LINE: what bash offers at the line's end.
source ./larder.bash
[[ $(complete -p larder) == 'complete -F _larder larder' ]] || exit 1
COMP_LINE=$1 COMP_POINT=${#1}
read -r -a COMP_WORDS < <(sed -E 's/([:=@])/ \1 /g' <<<"$1")
[[ $1 != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_larder
printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
END_OF_FILE
in_bash() { bash --norc complete.bash "$1"; }
expect_equal "$(in_bash 'larder comp')" 'completion '
expect_equal "$(in_bash 'larder build musl')" 'musl-arm64 musl-x64 '
expect_equal "$(in_bash 'larder build --engine=')" 'auto docker native podman '
expect_equal "$(in_bash 'larder build --engine=d')" 'docker '
expect_equal "$(in_bash 'larder build --engine d')" 'docker '
expect_equal "$(in_bash 'larder build --image debian:')" 'bookworm '
expect_equal "$(in_bash 'larder build --image deb')" 'debian:bookworm '
expect_equal "$(in_bash 'larder build --image debian:bookworm musl-x')" 'musl-x64 '
expect_equal "$(in_bash "larder cache log ${volume:0:4}")" "$volume "
expect_equal "$(in_bash 'larder build -C pro')" 'project '
expect_equal "$(in_bash 'larder cache import larder.b')" 'larder.bash '
expect_equal "$(in_bash 'larder build --output')" ' '

if command -v zsh >/dev/null; then
    say zsh
    mkdir functions
    larder completion zsh >functions/_larder
    cat >complete.zsh <<'END_OF_FILE'
# complete.zsh WORD...: what zsh is told to offer for the last word.
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -D
[[ $_comps[larder] == _larder ]] || exit 1
_describe() { print -rl -- "${(@P)4}" }
_files() { print -- files "$@" }
compset() { }
words=(larder "$@") CURRENT=$((# + 1)) PREFIX=${@[-1]}
_larder
END_OF_FILE
    in_zsh() { zsh -f complete.zsh "$@" | sort | tr '\n' ' '; }
    expect_equal "$(in_zsh build musl-x)" 'musl-x64:x86_64-unknown-linux-musl '
    expect_equal "$(in_zsh build --engine=d)" '--engine=docker: '
    expect_equal "$(in_zsh build --image deb)" "debian\\:bookworm:Larder's own, of Debian's packages "
    expect_equal "$(in_zsh build -C '')" 'files -/ '
    expect_equal "$(zsh -f -c 'autoload -Uz compinit && compinit -u -D; source <(larder completion zsh); print $_comps[larder]')" _larder
fi

if command -v fish >/dev/null; then
    say fish
    larder completion fish >larder.fish
    in_fish() { fish --no-config -c "source larder.fish; complete --do-complete '$1'" | sort | tr '\t\n' '| '; }
    expect_equal "$(in_fish 'larder build musl-x')" 'musl-x64|x86_64-unknown-linux-musl '
    expect_equal "$(in_fish 'larder build --engine=d')" '--engine=docker '
    expect_equal "$(in_fish 'larder cache import larder.fi')" 'larder.fish '
    expect_equal "$(in_fish 'larder build -C pro')" 'project/ '
fi
