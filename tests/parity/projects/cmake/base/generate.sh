printf '#define GENERATED_VALUE %s\n#define SCRIPT_VALUE 1012\n' "$(cat "$1")" >"$2"
