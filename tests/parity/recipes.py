"""The bare tools: what a person types for each target. The recipes of Larder have no say in it, so that a fault of theirs is seen."""

import os
import platform
import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = Path(__file__).resolve().parent / "projects"

# Where the tool leaves the program, below the project's folder.
PROGRAMS = {"make": "prog", "cmake": "target/cmake-release/prog", "cargo": "target/{triple}/release/prog"}
COMMANDS = {
    "make": [["make", "CC={cc}", "AR={ar}"]],
    "cmake": [
        ["cmake", "-S", "{folder}", "-B", "{folder}/target/cmake-release", "-DCMAKE_BUILD_TYPE=Release"],
        ["cmake", "--build", "{folder}/target/cmake-release"],
    ],
    "cargo": [["cargo", "build", "--offline", "--release", "--target", "{triple}"]],
}
TOOLS = {
    "make": {},
    "cmake": {"CC": "{cc}", "CXX": "{cxx}"},
    "cargo": {"CARGO_TARGET_{triple_env}_LINKER": "{linker}", "CC_{triple_underscored}": "{cc}"},
}
# The files that make a part; parts may come and go, and the program stays whole.
PARTS = {
    "make": ["src/part_{}.c", "src/part_{}.h"],
    "cmake": ["src/part_{}.c", "src/part_{}.h"],
    "cargo": ["app/parts/part_{}.txt"],
}


def _read(path):
    with open(ROOT / path, "rb") as file:
        return tomllib.load(file)


def _values(name):
    target = _read("targets.toml")[name]
    underscored = target["triple"].replace("-", "_")
    return {"cxx": "", **target, "triple_underscored": underscored, "triple_env": underscored.upper()}


class Target:
    """One target of this machine, for one recipe."""

    def __init__(self, recipe, name):
        self.recipe = recipe
        self.name = name
        self.values = _values(name)
        self.triple = self.values["triple"]
        self.program = PROGRAMS[recipe].format_map(self.values)
        self.delivered = f"target/{self.triple}/release/prog"

    def commands(self, folder):
        """The commands that build in `folder`, as lists of arguments."""
        return [[word.format(folder=folder, **self.values) for word in command] for command in COMMANDS[self.recipe]]

    def environment(self):
        """The variables by which people name the target's tools."""
        return {key.format_map(self.values): value.format_map(self.values) for key, value in TOOLS[self.recipe].items()}


def _can_build(recipe, target):
    needs = {"make": ["make"], "cmake": ["cmake", "make"], "cargo": ["cargo", "rustc", "cc"]}[recipe]
    compiler = target.values["linker"] if recipe == "cargo" else target.values["cc"]
    if not all(shutil.which(program) for program in [*needs, compiler]):
        return False
    if recipe != "cargo":
        return True
    roots = [Path("/usr"), *Path(os.environ.get("RUSTUP_HOME", Path.home() / ".rustup")).glob("toolchains/*")]
    return any((root / "lib/rustlib" / target.triple / "lib").is_dir() for root in roots)


def targets_of(recipe):
    """The targets whose programs this machine can build and run; the first is its own."""
    own = platform.machine()
    names = [name for name, table in _read("targets.toml").items() if isinstance(table, dict)
             and table.get("triple", "") in (f"{own}-unknown-linux-gnu", f"{own}-unknown-linux-musl")]
    targets = [Target(recipe, name) for name in names]
    return [target for target in targets if _can_build(recipe, target)]
