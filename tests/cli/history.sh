#!/usr/bin/env bash
# `larder cache log`, `show`, `diff`, `rollback` and `fork`: the past of a volume that real builds have filled.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3
export CI=true # so that upkeep has been done when a build returns

# The ids of a volume's generations, newest first: ids [VOLUME]
ids() {
    good "$larder" cache log "${1-$volume}" --json
    json '[g["id"] for g in data["generations"]]'
}

# edit WORD: a project whose program prints it; `ballast` is so large that history is small beside it. With extra.c it has a
# part more. All states have enough in common that each may be started from.
edit() {
    make_project app "$1"
    touch app/{NEWS,README,COPYING,AUTHORS}
    printf 'hello: ballast\nballast:\n\thead -c 4000000 /dev/zero >$@\n' >>app/Makefile
    printf 'hello: $(patsubst %%.c,parts/%%.o,$(wildcard extra.c))\nparts/extra.o: extra.c\n\tmkdir -p parts\n\t$(CC) -c -o $@ $<\n' >>app/Makefile
    sed -i 's/-o $@ $^/-o $@ $(filter %.o,$^)/' app/Makefile
}

build() { run "$larder" build "$own_target" -C app; }

# What the last rollback says how to take it back.
take_back() { sed -n 's/.*To take it back: larder //p' "$work/stdout"; }

say 'before there is anything'
for command in log show rollback; do
    run "$larder" cache "$command" nothing
    expect_status 2
    expect_err "unknown volume 'nothing'"
done
[[ ! -e $LARDER_STORE ]] || fail 'looking made a store'

say 'three builds'
edit first
build
expect_status 0
good "$larder" cache list --json
volume=$(json 'data["volumes"][0]["name"]')
run "$larder" cache rollback "$volume"
expect_status 2
expect_err "nothing older is kept of $volume"
printf 'int extra;\n' >app/extra.c
edit second
build
expect_status 0
printf 'int more; int extra;\n' >app/extra.c
edit 'third" broken'
build
expect_status 1
mapfile -t ids < <(ids)
expect_equal "${#ids[@]}" 3 'generations'

say 'log'
good "$larder" cache log "$volume"
for word in GENERATION AGE OUTCOME BUILD TIME CHANGE ADDED "* ${ids[0]:0:8}" "  ${ids[2]:0:8}" success failed \
    "build $own_target in $work/app" '4.0 MB' '+1 parts/'; do
    expect_out "$word"
done
expect_equal "$(wc -l <"$work/stdout")" 4 'lines of the log'
good "$larder" cache log "$volume" --json
expect_equal "$(json '[data["volume"], data["generations"][0]["outcome"], data["generations"][1]["added_files"]]')" \
    "$(printf "%s\nfailed\n{'parts/': 1}" "$volume")"
expect_equal "$(json '[(g["current"], g["good"], g["settled"], g["damaged"]) for g in data["generations"]]')" \
    $'(True, False, True, False)\n(False, True, True, False)\n(False, True, True, False)'

say 'show'
good "$larder" cache show "$volume"
for word in "${ids[0]} (current)" "${ids[1]}" failed "larder build $own_target in $work/app" /workspace make settled LAYER; do
    expect_out "$word"
done
good "$larder" cache show "$volume" "${ids[2]:0:6}" --json
expect_equal "$(json '[data["id"], data["outcome"], len(data["layers"]), data["files"], data["size_bytes"] > 4000000]')" \
    "$(printf '%s\nsuccess\n1\n3\nTrue' "${ids[2]}")"

say 'diff'
good "$larder" cache diff "$volume" "${ids[2]}" "${ids[1]}"
expect grep -qE '^\+ .* parts/extra.o$' "$work/stdout"
expect grep -qE '^~ .* hello.o$' "$work/stdout"
refuse_out ballast
expect_out '1 added, 2 changed, 0 removed, +'
good "$larder" cache diff "$volume" "${ids[1]}" "${ids[2]}"
expect grep -qE '^- .* parts/extra.o$' "$work/stdout"
good "$larder" cache diff "$volume" "${ids[1]:0:5}" --json
expect_equal "$(json '[data["from"], data["to"], [f["path"] for f in data["files"]], data["changed"]]')" \
    "$(printf "%s\n%s\n['parts/extra.o']\n1" "${ids[1]}" "${ids[0]}")"

say 'rollback'
good "$larder" cache rollback "$volume"
expect_out "$volume is what it was"
expect_out "(generation ${ids[1]:0:8}). To take it back: larder cache rollback $volume ${ids[0]:0:8}"
command=$(take_back)
good "$larder" cache diff "$volume" "${ids[1]}"
expect_out '0 added, 0 changed, 0 removed'
# shellcheck disable=SC2086 # several words
good "$larder" $command
good "$larder" cache diff "$volume" "${ids[0]}"
expect_out '0 added, 0 changed, 0 removed'
good "$larder" cache rollback "$volume" --last-success
good "$larder" cache diff "$volume" "${ids[1]}"
expect_out '0 added, 0 changed, 0 removed'
mapfile -t now < <(ids)
good "$larder" cache rollback "$volume" --last-success
expect_out 'is in a good state already'
good "$larder" cache rollback "$volume" "${now[0]}"
expect_out 'Nothing was changed'
expect_equal "$(ids)" "$(printf '%s\n' "${now[@]}")" 'the history'

say 'the next build goes on from there'
edit second
printf 'int extra;\n' >app/extra.c
touch -d '1 hour ago' app/*
build
expect_status 0
refuse_err '-c -o'
good "$larder" cache rollback "$volume" "${ids[2]}"
build
expect_status 0
expect_err 'parts/extra.o' # the first build's content does not have it
refuse_err 'head -c'       # but this
refuse_err 'starts from nothing'

say 'fork'
good "$larder" cache fork "$volume" other-x64
expect_out "other-x64 starts with what $volume has"
good "$larder" cache log other-x64
expect_out forked
good "$larder" cache list --json
expect_equal "$(json 'sorted(v["name"] for v in data["volumes"])')" "$(printf '%s\n' "$volume" other-x64)"
run "$larder" cache fork "$volume" other-x64
expect_status 2
expect_err 'there is a volume other-x64 already'
run "$larder" cache fork "$volume" ../other
expect_status 2

say 'several variants'
mkdir "$work/elsewhere"
printf '[project]\nname = "same"\n' | tee app/larder.toml >/dev/null
cp -r app "$work/elsewhere/app"
build
expect_status 0
good "$larder" build "$own_target" -C "$work/elsewhere/app"
good "$larder" cache list --json
same=$(json 'next(v["name"] for v in data["volumes"] if "same" in v["name"])')
mine=$(json "next(v['variant'] for v in data['volumes'] if v['name'] == '$same' and v['workspace'] == '$work/app')")
theirs=$(json "next(v['variant'] for v in data['volumes'] if v['name'] == '$same' and v['workspace'] != '$work/app')")
touch -d '1 hour ago' "$LARDER_STORE/refs/trusted/$same/$mine/current"
good "$larder" cache show "$same"
expect_err "This is $same@${theirs:0:8}, used last; $same also has $same@${mine:0:8}."
expect_out "$work/elsewhere/app"
good "$larder" cache show "$same@${mine:0:6}"
expect_out "$work/app"
refuse_err 'used last'
run "$larder" cache show "$same@none"
expect_status 2
expect_err "unknown variant '$same@none'"

say 'what is wrong'
for command in log show rollback; do
    run "$larder" cache "$command" "${volume%?}"
    expect_status 2
    expect_err "did you mean '$volume'?"
done
run "$larder" cache show "$volume" zzzz
expect_status 2
expect_err 'no such generation: zzzz'
run "$larder" cache rollback "$volume" "${ids[0]}" --last-success
expect_status 2
run "$larder" cache diff "$volume"
expect_status 2

say 'lost layers'
mapfile -t ids < <(ids other-x64)
good "$larder" cache show other-x64 --json
layer=$(json 'data["layers"][0]["id"]')
rm -r "$LARDER_STORE/layers/$layer"
good "$larder" cache log other-x64
expect_out damaged
good "$larder" cache show other-x64
expect_out damaged
run "$larder" cache diff other-x64 "${ids[0]}"
expect_status 4
good "$larder" cache log other-x64 --json
expect_equal "$(json 'data["generations"][0]["damaged"]')" True
