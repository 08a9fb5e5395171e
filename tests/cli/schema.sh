#!/usr/bin/env bash
# The JSON schemas of larder.toml and config.toml are what docs/configuration.md says, take what Larder takes, and refuse what
# it refuses for its keys and types.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_program python3
python3 -c 'import jsonschema, tomllib' 2>/dev/null || skip 'there is no python3-jsonschema'

say 'they are what the page says'
expect "$repository/scripts/schema" --check
good "$larder" init --schema
expect diff "$repository/docs/larder.schema.json" stdout
expect_empty "$HOME"

cat >validate.py <<'END_OF_FILE'
# validate.py SCHEMA FILE...: exit 1 where the schema refuses one.
import json, sys, tomllib
import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
for name in sys.argv[2:]:
    with open(name, "rb") as file:
        try:
            jsonschema.validate(tomllib.load(file), schema)
        except jsonschema.ValidationError as error:
            sys.exit(f"{name}: {'.'.join(map(str, error.path))}: {error.message}")
END_OF_FILE
validate() { python3 validate.py "$repository/docs/$1.schema.json" "${@:2}"; }

say 'what is there is taken'
mapfile -t files < <(find "$repository/tests" "$repository/examples" -name larder.toml)
[[ ! -e $repository/larder.toml ]] || files+=("$repository/larder.toml")
((${#files[@]} >= 3)) || fail 'there are no files'
expect validate larder "${files[@]}"
sed -n '/^```toml$/,/^```$/{/^```/!p}' "$repository/docs/configuration.md" >example.toml
expect test -s example.toml
expect validate larder example.toml
# A recipe for one project alone, and all keys that `larder init` shows, as they are and set.
sed -n '/^\[recipe\]$/,/^```$/{/^```/!p}' "$repository/recipes/README.md" >recipe.toml
expect grep -q '^\[recipe' recipe.toml
expect validate larder recipe.toml
make_project made
good "$larder" init -C made
expect validate larder made/larder.toml
sed -E 's/^# ?([a-zA-Z_]+ = |\[)/\1/' made/larder.toml >set.toml
expect validate larder set.toml
expect test "$(grep -c ' = ' set.toml)" -gt 20

say 'what is wrong is refused by both'
# wrong FILE LINE...
wrong() {
    local file=$1
    shift
    printf '%s\n' "$@" >"made/$file.toml"
    ! validate "$file" "made/$file.toml" 2>wrong || fail "the schema takes: $*"
    [[ $file == larder ]] || return 0
    run "$larder" build -C made --dry-run
    expect_status 2
}
wrong larder 'zzz = 1'
wrong larder '[biuld]' 'profile = "dev"'
wrong larder '[build]' 'jobs = "two"'
wrong larder '[build]' 'jobs = 0'
wrong larder '[build]' 'jobs = 1025'
wrong larder '[build]' 'engine = "dokcer"'
wrong larder '[build]' 'args = ["--locked", 7]'
wrong larder '[build]' 'network = "yes"'
wrong larder '[[build.mount]]' 'source = "/opt"'
wrong larder '[build.env]' 'A = 1'
wrong larder '[target.x64]' 'toolchain = "clang"'
wrong larder '[target.x64]' 'ccc = "gcc"'
wrong larder '[recipe.build]' 'commands = [["make"]]'
wrong larder '[recipe.build]' 'commands = ["make"]' '[recipe.artifacts]' 'include = ["*"]'
wrong config 'mirorr = "https://example.org/debian"'
wrong config '[cache]' 'keep = "3"'

printf '[recipe.build]\ncommands = [["make"]]\n[recipe.artifacts]\ninclude = ["*"]\n' >least.toml
expect validate larder least.toml
printf '[cache]\nremote = "example.org/cache"\nmax_size = "20GB"\n' >config.toml
expect validate config config.toml
