#!/usr/bin/env bash
# Projects that mean harm: what they say is refused, what they put in the place of files is not waited for, and their results change
# nothing outside of target/.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make

refused=0
# plan: what `larder build --dry-run` says of the project in p/, in ten seconds at most and with little memory.
plan() {
    last_command="larder build --dry-run: $1"
    status=0
    (ulimit -v 4000000 && exec timeout 10 "$larder" build --dry-run "$own_target" -C p) >"$work/stdout" 2>"$work/stderr" </dev/null ||
        status=$?
    ((status != 124)) || fail "hangs: $1"
    ((status < 128)) || fail "died: $1"
    ! grep -q $'[\001-\010\013-\037\177]' "$work/stdout" "$work/stderr" || fail "control characters reach the terminal: $1"
}

project() {
    rm -rf p
    make_project p
}

say 'values'
# A line each: the table of larder.toml, and a key with its value.
while IFS='|' read -r table line; do
    project
    printf '%b\n%s\n' "$table" "$line" >p/larder.toml
    plan "$table $line"
    expect_status 2
    expect_err 'error: '
    refused=$((refused + 1))
done <<'END'
[project]|name = "../../etc"
[project]|name = "-rf"
[project]|name = "a\nb"
[project]|recipe = "../../../etc/passwd"
[project]|recipe = "-x"
[project]|targets = ["../x64"]
[project]|targets = ["-x"]
[build]|profile = "../../../../tmp"
[build]|profile = "-x"
[build]|profile = "a/b"
[build]|profile = "\u001b]0;x\u0007"
[build]|image = "-v/:/host"
[build]|image = "a\nb"
[build]|engine = "--privileged"
[build]|pull = "-x"
[build]|fetch_network = "--privileged"
[build]|packages = ["-oDPkg::Pre-Invoke::=sh"]
[build]|packages = ["../evil.deb"]
[build]|memory = "-1"
[build]|cpus = "-1"
[build]|jobs = -1
[build]|env = {"LD_PRELOAD=/x\nA" = "b"}
[build]|env = {"" = "b"}
[[build.mount]]|source = "../../secret"\npath = "/x"
[[build.mount]]\nsource = "/usr"|path = "/../x"
[[build.mount]]\npath = "/x"|source = "/usr/../root"
[fetch]|pass_env = ["-x"]
[fetch]|pass_env = ["A\nB"]
[artifacts]|include = ["../../**"]
[artifacts]|include = ["/etc/**"]
[artifacts]|exclude = ["a\nb"]
[workspace]|bring_back = ["../x"]
[workspace]|show = ["/etc/*"]
[target.x64]|cc = "-x"
[target.x64]|linker = "a\nb"
[target.x64]|packages = ["--purge"]
[target."../x64"]|cc = "gcc"
[cache]|max_size = "-1"
END

say 'files that are none'
for name in larder.toml larder.lock Makefile .git/config .git/HEAD .git; do
    for kind in fifo endless folder nowhere; do
        project
        rm -rf "p/$name"
        mkdir -p "p/$(dirname "$name")"
        case $kind in
            fifo) mkfifo "p/$name" ;;
            endless) ln -s /dev/zero "p/$name" ;;
            folder) mkdir -p "p/$name" ;;
            nowhere) ln -s nowhere "p/$name" ;;
        esac
        plan "$name: $kind"
        refused=$((refused + 1))
    done
done

say 'results'
project
rm p/*
mkdir -p outside p/target
echo precious >outside/file
cat >p/Makefile <<END
all:
	gcc -x c -o good - <<<'int main(void) { return 0; }'
	cp good suid && chmod 6755 suid
	mkfifo fifo
	ln -s $work/outside/file link
	ln -s ../../../../../../outside/file climbing
	ln -s /proc/self/environ magic
	ln -s good beside
	mkdir -p folder && ln -s $work/outside folder/out && cp good folder/inner
	cp good ./-rf && cp good "\$\$(printf 'new\\nline')" && cp good "\$\$(printf 'escape\\033]0;x')"
SHELL = /bin/bash
END
good "$larder" build "$own_target" -C p
expect test -x "$(program p good)"
expect_equal "$(find p/target ! -type f ! -type d ! -type l)" '' 'neither file nor folder'
expect_equal "$(find p/target -perm /6000)" '' 'set-user-id'
while IFS= read -r -d '' link; do
    [[ $(realpath -m "$link") == "$(realpath p/target)"/* ]] || fail "a result leads outside: $link"
done < <(find p/target -type l -print0)
! grep -q $'\033' "$work/stdout" "$work/stderr" || fail 'a name reaches the terminal as it is'
expect_equal "$(cat outside/*)" precious

say 'a folder of results that leads elsewhere'
for part in target "target/$own_triple" "target/$own_triple/release"; do
    make_project p
    rm -rf p/target
    mkdir -p "p/$(dirname "$part")"
    ln -s "$work/outside" "p/$part"
    run "$larder" build "$own_target" -C p
    [[ $status != 0 ]] || fail "results went through the link $part"
    expect_err "hint:"
    expect_equal "$(ls outside)" file
    refused=$((refused + 1))
done
printf '%s refused\n' "$refused"
