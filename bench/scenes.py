"""What is measured: a scene sets things up, measures A and B in turn, and gives figures."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass

import content
import engines
import images
import original
from figures import Figure
from timing import differences, interleave, ratios, real_time_priority, run_timed

TARGET = "x64"
BENCH_FOLDER = os.path.dirname(os.path.realpath(__file__))
EXAMPLES = os.path.join(os.path.dirname(BENCH_FOLDER), "examples")
SANDBOX_GOAL_MS = 10
NOOP_GOAL_MS = 20
COLD_GOAL_PERCENT = 3
SEAL_GOAL_MS = 20
REOPEN_GOAL_MS = 100
CONTAINER_GOAL_MS = 50
HASH_BYTES_PER_MS = 1e6  # 1 GB/s
MANIFEST = '[package]\nname = "small"\nversion = "0.1.0"\nedition = "2021"\n'


@dataclass
class Setting:
    """What all scenes share."""

    build: str  # larder's build folder
    folder: str  # temporary
    quick: bool
    real_time: bool

    def __post_init__(self):
        self.store = f"{self.folder}/store"
        self.larder = f"{self.build}/larder"
        self.bench = f"{self.build}/bench/larder_bench"
        home = f"{self.folder}/home"
        os.makedirs(home, exist_ok=True)
        # An empty home, so that neither side sees a rustup toolchain or anybody's settings; no CI, which would make
        # larder settle in the foreground.
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": home, "LANG": "C.UTF-8"}
        self.env["LARDER_STORE"] = self.store
        self.env["LARDER_IMAGE"] = "host"  # bare cargo beside it uses the machine's own tools, too
        self.cold_builds = None  # what `cold` and `settle` share

    def rounds(self, full, quick):
        return quick if self.quick else full

    def undisturbed(self):
        """Around measurements of milliseconds; long builds would starve the machine."""
        return real_time_priority() if self.real_time else contextlib.nullcontext()

    def larder_bench(self, figure, project, *options):
        """Its measurements, as dictionaries."""
        command = [self.bench, figure, "--store", f"{self.folder}/bench-store", "--project", project, *options]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"larder_bench {figure}: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def small_project(self):
        folder = f"{self.folder}/small"
        os.makedirs(f"{folder}/src", exist_ok=True)
        for name, text in (("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n")):
            if not os.path.exists(f"{folder}/{name}"):
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write(text)
        return folder


class Pantry:
    """A work copy of the example project, with its package server; a context manager."""

    def __init__(self, setting):
        self.setting = setting
        self.folder = f"{setting.folder}/pantry"
        self.bare_target = f"{setting.folder}/bare-target"

    def __enter__(self):
        if not os.path.isdir(self.folder):
            subprocess.run([f"{EXAMPLES}/start", self.folder], stdout=subprocess.DEVNULL, check=True)
            try:
                self._fetch()
            finally:  # both sides have everything now, and are offline from here on
                subprocess.run([f"{EXAMPLES}/stop", self.folder], check=True)
        self.plan = self._plan()
        return self

    def __exit__(self, *error):
        pass

    def _plan(self):
        command = [self.setting.larder, "build", TARGET, "--dry-run", "--json", "-C", self.folder]
        done = subprocess.run(command, env=self.setting.env, capture_output=True, check=True)
        return json.loads(done.stdout)["targets"][0]

    def bare_env(self):
        """Larder's own environment for this build, but for the places."""
        env = dict(_without_sandbox_paths(self.plan["env"]), PATH=self.setting.env["PATH"])
        env.update(HOME=self.setting.env["HOME"], CARGO_TARGET_DIR=self.bare_target)
        env["CARGO_HOME"] = f"{self.setting.folder}/cargo-home"
        return env

    def _fetch(self):
        self.plan = self._plan()
        env = self.bare_env()
        env.pop("CARGO_NET_OFFLINE", None)
        fetch = ["cargo", "fetch", "--locked", "--target", self.plan["triple"]]
        subprocess.run(fetch, cwd=self.folder, env=env, check=True, capture_output=True)
        self.larder_build()  # fetches, too
        self.wait_until_settled()

    def bare_build(self):
        command = ["cargo", "build", "--profile", "release", "--target", self.plan["triple"], "--offline"]
        return run_timed(command, self.bare_env(), self.folder, f"{self.setting.folder}/bare.log")

    def larder_build(self):
        command = [self.setting.larder, "build", TARGET, "-q", "-C", self.folder]
        return run_timed(command, self.setting.env, self.folder, f"{self.setting.folder}/larder.log")

    def clean_bare(self):
        shutil.rmtree(self.bare_target, ignore_errors=True)
        os.sync()

    def clean_larder(self):
        volume = next(entry["name"] for entry in self.plan["volumes"] if entry["class"] == "compiled")
        command = [self.setting.larder, "cache", "clean", volume, "--yes"]
        subprocess.run(command, env=self.setting.env, check=True, capture_output=True)
        self.wait_until_settled()
        os.sync()

    def cold_bare(self):
        self.clean_bare()
        return self.bare_build()

    def cold_larder(self):
        """The time of the build alone. What its settling does in the background must not meet the next measurement."""
        self.clean_larder()
        sample = self.larder_build()
        self.wait_until_settled()
        return sample

    def wait_until_settled(self):
        wait_until_settled(self.setting.store)


def _without_sandbox_paths(env):
    return {name: value for name, value in env.items() if "/workspace" not in value}


def wait_until_settled(store):
    """Until every ref's `current` is `settled` too."""
    for _ in range(3000):
        refs = [path for path, _, names in os.walk(f"{store}/refs") if "current" in names]
        if all(_read(f"{path}/current") == _read(f"{path}/settled") for path in refs):
            return
        time.sleep(0.02)
    raise RuntimeError("the background settling does not end")


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _pick(measurements, figure, key, what=None):
    return [one[key] for one in measurements if one["figure"] == figure and what in (None, one.get("what"))]


def _walls(samples):
    return [sample.wall_ms for sample in samples]


# ---- start


def _start_engines(setting):
    """Those that run here, and why others do not."""
    running, missing = {}, {}
    for name, kind in (("docker run", engines.Docker), ("podman run", engines.Podman)):
        engine = None
        try:
            engine = kind(setting.folder)
            engine.start()
            run_timed(engine.run_true(), engine.env)  # the first one fills caches
            running[name] = engine
        except (engines.Unavailable, subprocess.CalledProcessError, RuntimeError) as error:
            missing[name] = str(error)
            if engine is not None:
                engine.stop()
    return running, missing


def start(setting):
    project = setting.small_project()
    figures = _start_inside(setting, project)
    running, missing = _start_engines(setting)
    try:
        figures += _start_beside_engines(setting, project, running)
    finally:
        for engine in running.values():
            engine.stop()
    return figures + [Figure(name, "ms", skipped=why) for name, why in missing.items()]


def _start_inside(setting, project):
    with setting.undisturbed():
        inside = setting.larder_bench("sandbox", project, "--count", str(setting.rounds(100, 10)))
        fork = setting.larder_bench("fork", project, "--count", str(setting.rounds(100, 10)))
    return [
        Figure("sandbox start to end, with `true`", "ms", _pick(inside, "sandbox", "total"), SANDBOX_GOAL_MS),
        *(Figure(f"  of it: {text}", "ms", _pick(inside, "sandbox", key)) for key, text in PARTS.items()),
        Figure("plain bubblewrap, same binds, no volumes", "ms", _pick(inside, "bubblewrap", "total")),
        Figure("fork of three volumes", "ms", _pick(fork, "fork", "begin")),
    ]


def _start_beside_engines(setting, project, running):
    """At normal priority in any case: control groups refuse real-time processes."""
    run = [setting.larder, "run", TARGET, "-C", project, "--", "true"]
    actions = {"larder run": lambda: run_timed(run, setting.env, project)}
    for name, engine in running.items():
        actions[name] = lambda engine=engine: run_timed(engine.run_true(), engine.env)
    timed = interleave(setting.rounds(20, 3), actions)
    figures = [Figure("larder run (whole process)", "ms", _walls(timed["larder run"]))]
    for name in running:
        figures.append(Figure(name, "ms", _walls(timed[name])))
        share = ratios(_walls(timed["larder run"]), _walls(timed[name]))
        figures.append(Figure(f"  larder run in relation to {name}", "times", share, 1.0))
    return figures


PARTS = {
    "begin": "fork the volumes",
    "start": "namespaces and overlays",
    "wait": "bubblewrap, `true`, end",
    "discard": "discard",
}


# ---- noop


def noop(setting):
    with Pantry(setting) as pantry:
        pantry.larder_build()
        pantry.bare_build()
        pantry.wait_until_settled()
        with setting.undisturbed():
            timed = interleave(setting.rounds(30, 5), {"bare": pantry.bare_build, "larder": pantry.larder_build})
    bare, larder = _walls(timed["bare"]), _walls(timed["larder"])
    return [
        Figure("no-op, cargo build", "ms", bare),
        Figure("no-op, larder build", "ms", larder),
        Figure("  larder's part", "ms", differences(larder, bare), NOOP_GOAL_MS),
    ]


# ---- cold


def _cold_builds(setting):
    """Cold builds of the example, measured once for `cold` and `settle`: bare, by larder, and bare beside a settling that
    begins at the same moment, so that nothing of larder's own is in the difference."""
    if setting.cold_builds is None:
        with Pantry(setting) as pantry:

            def beside():
                pantry.clean_bare()
                setting.larder_bench("background", setting.small_project())
                sample = pantry.bare_build()
                wait_until_settled(f"{setting.folder}/bench-store")
                return sample

            actions = {"bare": pantry.cold_bare, "larder": pantry.cold_larder, "beside": beside}
            setting.cold_builds = interleave(setting.rounds(3, 1), actions)
    return setting.cold_builds


def cold(setting):
    timed = _cold_builds(setting)
    bare, larder = timed["bare"], timed["larder"]
    return [
        Figure("cold build, cargo build", "s", [ms / 1e3 for ms in _walls(bare)]),
        Figure("cold build, larder build", "s", [ms / 1e3 for ms in _walls(larder)]),
        Figure("  larder's part", "percent", _percents(_walls(larder), _walls(bare)), COLD_GOAL_PERCENT),
    ]


def _percents(values, base):
    return [(ratio - 1) * 100 for ratio in ratios(values, base)]


# ---- seal, settle


def _commits(setting):
    options = ["--count", str(setting.rounds(10, 2))]
    return setting.larder_bench("commit", setting.small_project(), *options)


def seal(setting):
    with setting.undisturbed():
        measured = _commits(setting)
    return [
        Figure(f"seal after {text}", "ms", _pick(measured, "seal", "total", what), SEAL_GOAL_MS)
        for what, text in COMMITS
    ]


COMMITS = (("cold", "a cold build (1,600 files, 300 MB)"), ("change", "a one-line change (37 files, 9 MB)"))


def settle(setting):
    measured = _commits(setting)
    figures = []
    for what, text in COMMITS:
        took = _pick(measured, "settle", "total", what)
        syncs = _pick(measured, "baseline", "syncfs", what)
        hashes = _pick(measured, "baseline", "hash", what)
        sizes = _pick(measured, "baseline", "bytes", what)
        allowed = [sync + size / HASH_BYTES_PER_MS for sync, size in zip(syncs, sizes)]
        figures += [
            Figure(f"settle after {text}", "ms", took),
            Figure("  an equal tree: reading and hashing", "ms", hashes),
            Figure("  an equal tree: syncfs", "ms", syncs),
            Figure("  settle in relation to syncfs and hashing at 1 GB/s", "times", ratios(took, allowed), 1.0),
        ]
    return figures + _settle_beside_build(setting)


def _settle_beside_build(setting):
    timed = _cold_builds(setting)
    slower = _percents(_walls(timed["beside"]), _walls(timed["bare"]))
    return [Figure("a cold build beside a settling of 300 MB takes longer by", "percent", slower, COLD_GOAL_PERCENT)]


# ---- reopen


def reopen(setting):
    measured = setting.larder_bench("reopen", setting.small_project(), "--count", str(setting.rounds(20, 3)))
    opened = [one["open"] + one["begin"] for one in measured]
    return [
        Figure("start after a crash, in a store of 100,000 files", "ms", opened, REOPEN_GOAL_MS),
        Figure("  what the upkeep then collects, in the background", "ms", _pick(measured, "reopen", "collect")),
    ]


# ---- containers

RECIPE = """name = "script"
title = "Scripts"
detect = ["build.sh"]
toolchains = ["/usr"]
[volumes]
compiled = "script-{project}-{target}"
[[volumes.download]]
name = "script-cache-{target}"
path = "/var/cache/script"
[build]
commands = [["sh", "build.sh"]]
[artifacts]
include = ["none"]
"""
VOLUMES = ("/var/cache/script", "/workspace/target")


def _script_project(setting):
    folder, recipes = f"{setting.folder}/script", f"{setting.env['HOME']}/.config/larder/recipes"
    os.makedirs(folder, exist_ok=True)
    os.makedirs(recipes, exist_ok=True)
    for path, text in ((f"{folder}/build.sh", "exit 0\n"), (f"{recipes}/script.toml", RECIPE)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def containers(setting):
    """What a build without changes costs more in larder's containers than in a plain one with named volumes."""
    project = _script_project(setting)
    running, missing = _start_engines(setting)
    figures = []
    try:
        for name, engine in running.items():
            figures += _containers_of(setting, project, name.split()[0], engine)
    finally:
        for engine in running.values():
            engine.stop()
    return figures + [Figure(name, "ms", skipped=why) for name, why in missing.items()]


def _containers_of(setting, project, name, engine):
    env = dict(setting.env, **engine.settings)
    build = [setting.larder, "build", TARGET, "-q", "--engine", name, "--image", engines.IMAGE, "-C", project]
    actions = {
        "bare": lambda: run_timed(engine.run_build(project, VOLUMES), engine.env, project),
        "larder": lambda: run_timed(build, env, project),
    }
    for action in actions.values():
        action()
    timed = interleave(setting.rounds(20, 5), actions)
    bare, larder = _walls(timed["bare"]), _walls(timed["larder"])
    return [
        Figure(f"{name} run, two named volumes", "ms", bare),
        Figure(f"larder build --engine {name}", "ms", larder),
        Figure("  larder's part", "ms", differences(larder, bare), CONTAINER_GOAL_MS),
    ]


SCENES = {
    "start": start,
    "noop": noop,
    "cold": cold,
    "seal": seal,
    "settle": settle,
    "reopen": reopen,
    "containers": containers,
    "content": content.content,
    "images": images.images,
    "original": lambda setting: original.original(setting, _start_engines),
}
