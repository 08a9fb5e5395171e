"""The bare tools: their commands for each target, as the recipes of Larder name them."""

import os
import platform
import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = Path(__file__).resolve().parent / "projects"

# Where the tool leaves the program, below the project's folder.
PROGRAMS = {"make": "prog", "cmake": "target/cmake-release/prog", "cargo": "target/{triple}/release/prog"}
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
    values = {key: value for key, value in target.items() if isinstance(value, str)}
    gnu_type = target["processor"] + "-linux-gnu"
    profile = {"profile": "release", "profile_dir": "release"}
    triple = {"triple_underscored": target["triple"].replace("-", "_")}
    triple["triple_env"] = triple["triple_underscored"].upper()
    return {"cxx": "", "target": name, "gnu_type": gnu_type, "binutils": gnu_type + "-", **profile, **triple, **values}


class Target:
    """One target of this machine, for one recipe."""

    def __init__(self, recipe, name):
        self.recipe = recipe
        self.name = name
        self.table = _read(f"recipes/{recipe}.toml")
        self.values = _values(name)
        self.values["profile"] = self.table.get("profiles", {}).get("release", {}).get("tool", "release")
        self.triple = self.values["triple"]
        self.program = PROGRAMS[recipe].format_map(self.values)
        self.delivered = f"target/{self.triple}/release/prog"

    def commands(self, folder):
        """The commands that build in `folder`, as lists of arguments."""
        return [self._arguments(command, folder) for command in self.table["build"]["commands"]]

    def environment(self, folder):
        """What the recipe sets, but for caches of its own and for pkg-config."""
        pairs = {**self.table.get("env", {}), **self.table["build"].get("env", {})}
        wanted = {key: value for key, value in pairs.items() if "PKG_CONFIG" not in key and not value.startswith("/usr")}
        return {key.format_map(self.values): self._expand(value, folder) for key, value in wanted.items()}

    def _expand(self, text, folder):
        return text.format_map(self.values).replace("/workspace", str(folder))

    def _arguments(self, command, folder):
        arguments = []
        for word in command:
            if word == "{args_for}":
                arguments += self._arguments(self.table["build"]["args_for"].get(self.values["libc"], []), folder)
            elif not self._is_empty(word):
                arguments.append(self._expand(word, folder))
        return arguments

    def _is_empty(self, word):
        value = word.split("=")[-1]
        return value.startswith("{") and value.endswith("}") and not value.format_map(self.values)


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
