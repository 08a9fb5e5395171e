printf '#define COMPILER "%s"\n#define COMPILER_VALUE 1014\n' "$(basename "$1")" >"$2"
