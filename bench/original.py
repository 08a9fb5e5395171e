"""The way that Larder replaces, beside Larder: builds for four targets in a plain container with named volumes."""

import json
import os
import shlex
import shutil
import subprocess
import sys

import machine
from figures import Figure
from timing import interleave, ratios, run_timed

TARGETS = ("x64", "arm64", "musl-x64", "musl-arm64")
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
EXAMPLES = f"{ROOT}/examples"
IMAGE = "larder-bench:toolchains"
PHASES = {"cold": "cold", "warm": "nothing changed", "edit": "one line changed"}
ROUNDS = {"cold": 1, "warm": 3, "edit": 3}  # a cold round takes ten minutes and more
BAR_COLUMNS = 32
CARGO = "/usr/local/cargo"


class Way:
    """One way of building the example project, with a work copy and caches of its own."""

    def __init__(self, setting, name):
        self.setting, self.name = setting, name
        self.folder = f"{setting.folder}/way-{name.replace(' ', '-')}"
        self.env = dict(setting.env, LARDER_STORE=f"{self.folder}.store")
        self.log = f"{self.folder}.log"
        self.edits = 0
        subprocess.run([f"{EXAMPLES}/start", self.folder], stdout=subprocess.DEVNULL, check=True)

    def stop(self):
        subprocess.run([f"{EXAMPLES}/stop", self.folder], check=False)

    def cold(self):
        self.forget()
        return self.build()

    def warm(self):
        return self.build()

    def edit(self):
        self.edits += 1
        with open(f"{self.folder}/pantry/src/main.rs", "a", encoding="utf-8") as file:
            file.write(f"// {self.edits}\n")
        return self.build()

    def forget(self):
        raise NotImplementedError

    def build(self):
        raise NotImplementedError


class Larder(Way):
    def __init__(self, setting, engine, settings):
        super().__init__(setting, f"larder {engine}")
        self.env.update(settings)
        self.engine = engine
        if engine != "native":
            with open(f"{self.folder}/larder.toml", "w", encoding="utf-8") as file:
                file.write(f'[build]\nengine = "{engine}"\nimage = "{IMAGE}"\nfetch_network = "host"\n')

    def forget(self):
        machine.wait_until_unused(self.env["LARDER_STORE"])
        shutil.rmtree(self.env["LARDER_STORE"], ignore_errors=True)
        shutil.rmtree(f"{self.folder}/target", ignore_errors=True)

    def build(self):
        sample = run_timed([self.setting.larder, "build", *TARGETS, "-q", "-C", self.folder], self.env, self.folder, self.log)
        machine.wait_until_unused(self.env["LARDER_STORE"])
        return sample


class Original(Way):
    """docker run with two named volumes; what is compiled for all targets lies in one folder of the project."""

    def __init__(self, setting, engine):
        super().__init__(setting, "docker run")
        self.engine = engine
        plan = [setting.larder, "build", *TARGETS, "--dry-run", "--json", "-C", self.folder, "--engine", "docker"]
        env = dict(setting.env, **engine.settings)
        done = subprocess.run([*plan, "--image", IMAGE], env=env, stdout=subprocess.PIPE, check=True)
        plans = json.loads(done.stdout)["targets"]
        # One environment for all: cargo builds proc macros anew when a linker's name comes and goes.
        shared = {name: value for plan in plans for name, value in plan["env"].items()}
        self.script = "set -e\n" + "\n".join(_part(plan, shared) for plan in plans)

    def forget(self):
        subprocess.run([*self.engine.client, "volume", "rm", "--force", *_volumes()], env=self.engine.env, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        shutil.rmtree(f"{self.folder}/target", ignore_errors=True)

    def build(self):
        mounts = [f"--volume={name}:{CARGO}/{path}" for name, path in _volumes().items()]
        run = ["run", "--rm", "--network", "host", f"--volume={self.folder}:/workspace", "--workdir", "/workspace"]
        command = [*self.engine.client, *run, *mounts, IMAGE, "sh", "-c", self.script]
        return run_timed(command, self.engine.env, self.folder, self.log)


def _volumes():
    return {"bench-cargo-cache": "registry", "bench-cargo-git-cache": "git"}


def _part(target, env):
    """One target's build in a shell, with Larder's own environment but for what is about the network and the places."""
    left_out = ("CARGO_NET_OFFLINE", "HOME", "CARGO_TARGET_DIR")
    words = [f"{name}={value}" for name, value in env.items() if name not in left_out]
    commands = [[word for word in command if word not in ("--offline", "--frozen")] for command in target["build"]]
    return "\n".join(shlex.join(["env", "HOME=/root", *words, *command]) for command in commands)


def _load_image(setting, running):
    tar = f"{setting.folder}/toolchains.tar"
    subprocess.run([f"{ROOT}/tests/engine/toolchain-image", tar], check=True)
    for engine in running.values():
        subprocess.run([*engine.client, "import", tar, IMAGE], env=engine.env, check=True, capture_output=True)
    os.unlink(tar)


def _bars(times):
    """A bar for each way and phase, on stderr: the table has the figures."""
    longest = max(max(way.values()) for way in times.values())
    lines = []
    for phase, title in PHASES.items():
        lines.append(f"{title}:")
        for way, found in times.items():
            bar = "█" * max(1, round(found[phase] / longest * BAR_COLUMNS))
            lines.append(f"  {way:14}{bar} {found[phase]:.1f} s")
    return "\n".join(lines)


def original(setting, start_engines):
    """Four targets of the example project, each way: with empty caches, without changes, after an edit."""
    running, missing = start_engines(setting)
    skipped = [Figure(name, "s", skipped=why) for name, why in missing.items()]
    ways = []
    try:
        if running:
            _load_image(setting, running)
        ways.append(Larder(setting, "native", {}))
        for name, engine in running.items():
            if name == "docker run":
                ways.append(Original(setting, engine))
            ways.append(Larder(setting, name.split()[0], engine.settings))
        return _measure(setting, ways) + skipped
    finally:
        for way in ways:
            way.stop()
        for engine in running.values():
            engine.stop()


def _measure(setting, ways):
    samples = {way.name: {phase: [] for phase in PHASES} for way in ways}
    for number in range(setting.rounds(max(ROUNDS.values()), 1)):
        for phase in PHASES:
            if number >= ROUNDS[phase]:
                continue
            timed = interleave(1, {way.name: getattr(way, phase) for way in ways})
            for name, found in timed.items():
                samples[name][phase] += [sample.wall_ms / 1e3 for sample in found]
    figures = []
    for phase, title in PHASES.items():
        for name, found in samples.items():
            figures.append(Figure(f"{title}: {name}", "s", found[phase]))
        figures += _compared(title, {name: found[phase] for name, found in samples.items()})
    print(_bars({name: {phase: sorted(times)[len(times) // 2] for phase, times in found.items()}
                 for name, found in samples.items()}), file=sys.stderr)  # fmt: skip
    return figures


def _compared(title, samples):
    plain = samples.get("docker run")
    if not plain:
        return []
    return [
        Figure(f"  {title}: {name} to docker run", "times", ratios(found, plain))
        for name, found in samples.items()
        if name != "docker run"
    ]
