#!/usr/bin/env bash
# Go: with C, what is built and under which name, and what it says of the repository.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
[[ -x /usr/local/go/bin/go ]] || need_program go
need_targets

say 'with C'
mkdir go
printf 'module example.org/prog\n\ngo 1.19\n' >go/go.mod
printf 'package main\n\n// #include <stdio.h>\n// static void say(void) { puts("go"); fflush(stdout); }\nimport "C"\n\nfunc main() { C.say() }\n' >go/main.go
good "$larder" build "${targets[@]}" -C go
expect_prints go prog go
sed -i 's/"go"/WORD/; s,// #include.*,&\n// #include "word.txt",' go/main.go
for word in first other; do
    printf '#define WORD "%s"\n' "$word" >go/word.txt
    good "$larder" build "$own_target" -C go
    expect_prints go prog "$word"
done
mkdir -p go/cmd/{one,two}
printf 'package main\n\nvar word = "plain"\n\nfunc main() { println(word) }\n' | tee go/cmd/one/main.go >go/cmd/two/main.go
good "$larder" build "$own_target" -C go -- -ldflags '-X main.word=given' ./cmd/one
expect_prints go one given
[[ ! -e $(program go two) ]] || fail "a Go program that nobody has named"
good "$larder" build "$own_target" -C go -- -o named ./cmd/two
expect_prints go named plain
[[ ! -e $(program go two) ]] || fail "a Go program by another name than was asked for"
good "$larder" build "$own_target" -C go -- -o=bin/ ./cmd/two
expect_prints go two plain
say 'commands by one name, the option -C, a header beside a library for C'
mkdir -p many/{a,b}/server many/lib
printf 'module example.org/many\n\ngo 1.19\n' >many/go.mod
for part in a b; do printf 'package main\n\nfunc main() { println("%s") }\n' "$part" >"many/$part/server/main.go"; done
printf 'package main\n\nimport "C"\n\n//export Add\nfunc Add(a, b C.int) C.int { return a + b }\n\nfunc main() {}\n' >many/lib/lib.go
git -C many init -q
git -C many add .
git -C many commit -qm one
good "$larder" build "$own_target" -C many
expect_prints many a/server/server a
expect_prints many b/server/server b
[[ ! -e $(program many server) ]] || fail 'which of two commands is this?'
good "$larder" build "$own_target" -C many -- -C b/server .
expect_prints many server b
good "$larder" build "$own_target" -C many -- -buildmode=c-archive -o libadd.a ./lib
[[ -s $(program many libadd.a) && -s $(program many libadd.h) ]] || fail 'a library for C without its header'

say 'a repository is not modified because it is built'
good "$larder" build "$own_target" -C many -- ./a/server
/usr/bin/env PATH="$PATH:/usr/local/go/bin" go version -m "$(program many server)" >"$work/stdout"
expect_out vcs.modified=false
