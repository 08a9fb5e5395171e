"""Checks the names in what `larder ... --json` has printed; says what is wrong, and then ends with exit code 1.

Usage: json_names.py FILE
"""
import json
import re
import sys

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# Numbers that are neither sizes nor durations.
COUNTS = {"sequence", "files", "volumes", "generations", "layers", "unsettled_layers", "builds_lost", "exit_code"}
COUNTS |= {"added", "changed", "removed"}  # files of a `cache diff`
MAPS_OF_COUNTS = {"added_files"}  # their names are folders
MAPS_OF_TEXTS = {"env", "build_env"}


def is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def mistake(name: str, value) -> str | None:
    if name.endswith("_at"):
        good = value is None or isinstance(value, str) and RFC3339.fullmatch(value)
        return None if good else "is no time in RFC 3339"
    if name.endswith(("_bytes", "_seconds")):
        good = value is None or is_number(value)
        if good and not re.search(r"_unix_|_time_", name):
            return None
        return "is no number" if not good else "is a time, and not called _at"
    if is_number(value) and name not in COUNTS:
        return "is a number that is called neither _bytes nor _seconds, and no known count"
    if isinstance(value, str) and RFC3339.fullmatch(value):
        return "is a time, and not called _at"
    return None


def mistakes(data, place: str):
    if isinstance(data, list):
        for entry in data:
            yield from mistakes(entry, place + "[]")
    if isinstance(data, dict):
        for name, value in data.items():
            if name in MAPS_OF_COUNTS | MAPS_OF_TEXTS:
                continue
            if what := mistake(name, value):
                yield f"{place}.{name} {what}: {value!r}"
            yield from mistakes(value, f"{place}.{name}")


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(mistakes(json.load(file), ""))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
