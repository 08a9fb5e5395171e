"""What it costs that content decides: builds in which nothing has changed, starts in large projects, and fresh clones."""

import os
import shutil
import subprocess

from figures import Figure
from timing import differences, interleave, median, ratios, run_timed

TARGET = "x64"
TRIPLE = f"{os.uname().machine}-unknown-linux-gnu"
TARGETS = ["x64", "arm64", "musl-x64", "musl-arm64"]
MANIFEST = '[package]\nname = "small"\nversion = "0.1.0"\nedition = "2021"\n'
STARTED_GOALS_MS = {2_000: 25, 80_000: 150}
CLONE_FILES = 10_000
CLONE_GOAL_S = 1.5


def _make_project(folder, files):
    """A small program in a folder of so many files, a hundred a folder, under git."""
    os.makedirs(f"{folder}/src")
    texts = {"Cargo.toml": MANIFEST, "src/main.rs": "fn main() {}\n", ".gitignore": "/target\n"}
    texts.update({f"data/{number // 100}/{number}.txt": f"{number}\n" * 20 for number in range(files - len(texts))})
    for name, text in texts.items():
        os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    git = ["git", "-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0", "-c", "maintenance.auto=false"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(git + words, check=True)


class Project:
    """Builds of one folder, by larder on an image of its own and by bare cargo."""

    def __init__(self, setting, folder):
        self.setting = setting
        self.folder = folder
        self.env = {name: value for name, value in setting.env.items() if name != "LARDER_IMAGE"}
        self.bare_env = dict(setting.env, CARGO_HOME=f"{setting.folder}/cargo-home", CARGO_TARGET_DIR=f"{folder}.bare")

    def larder(self, *options, targets=(TARGET,)):
        command = [self.setting.larder, "build", *targets, "-q", "-C", self.folder, *options]
        return run_timed(command, self.env, self.folder, f"{self.setting.folder}/larder.log")

    def cargo(self):
        command = ["cargo", "build", "--release", "--offline", "--target", TRIPLE]
        return run_timed(command, self.bare_env, self.folder, f"{self.setting.folder}/bare.log")

    def settle(self):
        """The second build also stores what the first one's ctimes were too young for."""
        for _ in range(2):
            self.larder("--force")
            self.cargo()
        subprocess.run(["sleep", "3"], check=True)
        self.larder("--force")


def _walls(samples):
    return [sample.wall_ms for sample in samples]


def _starts(setting, files):
    folder = f"{setting.folder}/files-{files}"
    _make_project(folder, files)
    project = Project(setting, folder)
    project.settle()
    actions = {"cargo": project.cargo, "unchanged": project.larder, "started": lambda: project.larder("--force")}
    with setting.undisturbed():
        timed = interleave(setting.rounds(20, 3), actions)
    cargo, started = _walls(timed["cargo"]), _walls(timed["started"])
    shutil.rmtree(folder)
    return [
        Figure(f"{files:,} files: no-op, cargo build", "ms", cargo),
        Figure("  larder build: nothing changed", "ms", _walls(timed["unchanged"])),
        Figure("    in relation to cargo's, of one crate", "times", ratios(_walls(timed["unchanged"]), cargo)),
        Figure("  larder build --force", "ms", started),
        Figure("    larder's part", "ms", differences(started, cargo), STARTED_GOALS_MS.get(files)),
    ]


def _clones(setting):
    """The first build of a fresh clone, for four targets, against its later ones in which the tool is started."""
    folder = f"{setting.folder}/files-{CLONE_FILES}"
    _make_project(folder, CLONE_FILES)
    Project(setting, folder).larder(targets=TARGETS)
    first, later = [], []
    for number in range(setting.rounds(5, 1)):
        clone = f"{setting.folder}/clone-{number}"
        subprocess.run(["git", "clone", "-q", folder, clone], check=True)
        project = Project(setting, clone)
        first.append(project.larder(targets=TARGETS).wall_ms)
        later.append(median(_walls([project.larder("--force", targets=TARGETS) for _ in range(3)])))
        shutil.rmtree(clone)
    seconds = [ms / 1e3 for ms in differences(first, later)]
    return [
        Figure(f"fresh clone of {CLONE_FILES:,} files, four targets", "s", [ms / 1e3 for ms in first]),
        Figure("  beyond its later builds", "s", seconds, CLONE_GOAL_S),
    ]


def content(setting):
    figures = []
    for files in (2_000, 5_700, 80_000):
        figures += _starts(setting, files)
    return figures + _clones(setting)
