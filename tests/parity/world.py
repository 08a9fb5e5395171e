"""A sequence's own world: the project's folders, a store, and Larder's way to work on them."""

import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import oracle
import recipes

VALUE = re.compile(rb"\b\d{4}\b")  # each file of a project has one, which the program prints
NO_VALUE = ("Cargo.lock", ".gitignore")
OLD = 1_600_000_000  # the year 2020, in seconds
HOUR = 3600


class Skip(Exception):
    """The action does not fit the world as it is, as happens when others were taken out of a sequence."""


@dataclass(frozen=True)
class Failure:
    kind: str
    text: str
    names: frozenset = frozenset()  # of the values that are wrong

    def is_part_of(self, other):
        """Whether this may be the same failure, of a shorter sequence."""
        return self.kind == other.kind and self.names <= other.names


def environment_for(root):
    """Settings of the caller's that builds must not see are left out; those of git and Larder are the world's."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("LARDER", "GIT_", "XDG_", "MAKE", "CARGO_TARGET", "CARGO_BUILD"))
            and key not in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "RUSTFLAGS", "MFLAGS", "CI")}
    person = {"NAME": "Ann", "EMAIL": "ann@example.org"}
    who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    xdg = {f"XDG_{name}_HOME": str(root / name.lower()) for name in ("CONFIG", "CACHE", "DATA", "STATE")}
    own = {"LARDER_STORE": str(root / "store"), "LARDER_IMAGE": "host", "LC_ALL": "C.UTF-8",
           "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    return {**kept, **who, **xdg, **own}


class World:
    def __init__(self, root, recipe, larder, judge):
        self.root = Path(root)
        self.recipe = recipe
        self.targets = {target.name: target for target in recipes.targets_of(recipe)}
        self.larder = larder
        self.judge = judge
        self.environment = environment_for(self.root)
        self.features = []
        self.folders = {}
        self.folder = None
        self.whole = True  # as far as is known, the project builds
        self.root.mkdir(parents=True)

    # The project

    def begin(self):
        """Makes the project of the recipe and the features, and commits it."""
        self.open("one", self.root / "one/project")
        self.folder.mkdir(parents=True)
        for name, source in self.template().items():
            self.copy_template(source, name)
        self.git("init", "-q", "-b", "main")
        self.commit()

    def template(self):
        """The files that the project began with: name -> where it lies among the templates."""
        files = {}
        for part in ["base", *self.features]:
            top = recipes.PROJECTS / self.recipe / part
            found = [path for path in top.rglob("*") if path.is_symlink() or path.is_file()]
            files |= {str(path.relative_to(top)): path for path in found}
        files[".gitignore"] = files.pop("gitignore")
        return files

    def copy_template(self, source, name):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path, follow_symlinks=False)

    def part_files(self, part):
        return [pattern.format(part) for pattern in recipes.PARTS[self.recipe]]

    def path(self, name):
        return self.folder / name

    def existing(self, name):
        path = self.path(name)
        if not path.is_file():
            raise Skip
        return path

    def names(self):
        """The content's files that have a value."""
        return [name for name, kind, data in oracle.read_content(self.folder)
                if kind != "link" and name not in NO_VALUE and VALUE.search(data)]

    def open(self, name, folder):
        self.folders[name] = self.folder = folder

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=oracle.LIMIT, check=False).returncode == 0

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "more")

    # Larder

    def start(self, *arguments):
        return subprocess.Popen([self.larder, *arguments], cwd=self.folder, env=self.environment, text=True, errors="replace",
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                start_new_session=True)

    def call(self, *arguments):
        """Runs Larder to its end: (exit code, output)."""
        return self.finish(self.start(*arguments))

    def finish(self, process):
        """Waits for a Larder that was started: (exit code, output)."""
        try:
            output, _ = process.communicate(timeout=oracle.LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return "none, it hangs", process.communicate()[0]
        return process.returncode, output

    def volumes(self, target):
        """The names of the target's compiled volumes."""
        done = subprocess.run([self.larder, "cache", "list", "--json"], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=oracle.LIMIT, check=False)
        known = json.loads(done.stdout)["volumes"] if done.returncode == 0 else []
        return [volume["name"] for volume in known if volume["target"] == target and volume["class"] == "compiled"]

    def manage(self, *arguments):
        """A command for the store may refuse, and may not find it damaged: a Failure, or None."""
        status, output = self.call("cache", *arguments)
        return None if status in (0, 1, 2) else Failure("trouble", f"cache {' '.join(arguments)}: exit code {status}\n{output}")

    def build(self, names):
        """Builds and compares with the oracle: a Failure, or None."""
        targets = self.chosen(names)
        before = oracle.read_content(self.folder)
        status, output = self.call("build", *names)
        right = [self.judge.result(before, target) for target in targets]
        good = self.whole = all(result.good for result in right)
        if status not in (0, 1):
            return Failure("trouble", f"exit code {status}\n{output}")
        if good != (status == 0):
            kind, log = ("refused", output) if good else ("accepted", next(one.log for one in right if not one.good))
            return Failure(kind, f"Larder's exit code is {status}, the bare tool {'succeeds' if good else 'fails'}\n{log[-2000:]}")
        return next(filter(None, map(self._compare, targets, right)), None) if good else None

    def chosen(self, names):
        if not all(name in self.targets for name in names):
            raise Skip
        return [self.targets[name] for name in names]

    def _compare(self, target, right):
        program = self.path(target.delivered)
        if not program.exists():
            return Failure("missing", f"{target.name}: nothing was delivered")
        printed = oracle.run_program(program)
        if printed is None:
            return Failure("broken", f"{target.name}: the program does not run")
        if printed == right.printed:
            return None
        is_of, should = printed.splitlines(), right.printed.splitlines()
        lines = [f"  is:     {line}" for line in is_of if line not in should]
        lines += [f"  should: {line}" for line in should if line not in is_of]
        text = "\n".join([f"{target.name}: the program was made of other content", *lines])
        return Failure("wrong", text, frozenset(line.split()[1] for line in lines))

    # The end

    def remove(self):
        """Deletes the world, unless a larder still works in its store; false: something is left, try again later."""
        if self._is_busy():
            return False
        subprocess.run(["chmod", "-R", "u+rwx", self.root], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.root, ignore_errors=True)
        return not self.root.exists()

    def _is_busy(self):
        wanted = f"LARDER_STORE={self.root / 'store'}".encode()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and wanted in Path(entry, "environ").read_bytes().split(b"\0"):
                    return True
            except OSError:
                continue  # ended meanwhile, or another user's
        return False
