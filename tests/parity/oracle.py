"""What is right: the bare tool's result, from nothing, on the same content."""

import hashlib
import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIMIT = 120  # seconds that a single command may take


@dataclass(frozen=True)
class Result:
    good: bool    # the build has succeeded
    printed: str  # what the program says
    log: str


def read_content(folder):
    """The project's own entries, in order: (path, kind, bytes). What git ignores is not content, nor is .git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    listed = subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=LIMIT).stdout
    entries = []
    for name in sorted(filter(None, listed.decode().split("\0"))):
        path = Path(folder, name)
        if path.is_symlink():
            entries.append((name, "link", os.readlink(path).encode()))
        elif path.is_file():
            executable = path.stat().st_mode & 0o100
            entries.append((name, "program" if executable else "file", path.read_bytes()))
    return entries


def write_content(entries, folder):
    """Makes a folder of the entries, all with the present time."""
    for name, kind, data in entries:
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            path.symlink_to(data.decode())
            continue
        path.write_bytes(data)
        path.chmod(0o755 if kind == "program" else 0o644)


def settings_of(folder):
    """The project's own variables, from its larder.toml."""
    path = Path(folder, "larder.toml")
    if not path.exists():
        return {}
    return tomllib.loads(path.read_text()).get("build", {}).get("env", {})


def run_tool(target, folder):
    """Runs the recipe's commands in the folder: (succeeded, output)."""
    environment = {**os.environ, **target.environment(), **settings_of(folder)}
    # Larder takes the tools that have the target's libraries: a rustup toolchain that comes first in PATH may lack them.
    environment["PATH"] = "/usr/bin:/bin:" + environment["PATH"]
    log = ""
    for command in target.commands(folder):
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=LIMIT, check=False)
        log += done.stdout
        if done.returncode != 0:
            return False, log
    return True, log


def run_program(path):
    """What a program prints; None if it cannot be started or fails."""
    try:
        done = subprocess.run([path], capture_output=True, text=True, errors="replace", timeout=LIMIT, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


class Oracle:
    """Builds each content once."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._known = {}
        self.builds = 0

    def result(self, entries, target):
        key = (target.recipe, target.name, hashlib.sha256(repr(entries).encode()).digest())
        if key not in self._known:
            self._known[key] = self._build(entries, target)
        return self._known[key]

    def _build(self, entries, target):
        self.builds += 1
        folder = self._folder / str(self.builds)
        try:
            write_content(entries, folder)
            good, log = run_tool(target, folder)
            printed = run_program(folder / target.program) if good else None
            return Result(good and printed is not None, printed or "", log)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
