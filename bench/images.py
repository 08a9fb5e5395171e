"""Images: preparing Debian's, starting on one, and getting a large one from a registry beside podman."""

import os
import re
import shutil
import subprocess
import tarfile
import time

import engines
import machine
from figures import Figure
from timing import differences, interleave, ratios, run_timed

TARGET = "x64"
TARGETS = ("x64", "arm64", "musl-x64", "musl-arm64")
START_GOAL_MS = 5
PREPARE_GOAL_S = 180
SIZE_GOAL_GB = 2.5
LAYERS = 4
LARGE_BYTES = 1_000_000_000
QUICK_BYTES = 50_000_000
SOURCES = ("/usr/lib", "/usr/share", "/usr/bin")  # what toolchains are made of: programs, libraries, texts
REGISTRY_SECONDS = 20


# ---- Debian's


def debian(setting, project):
    """One target's image in an empty store, then those of the other three; then builds start on it."""
    env = dict(setting.env, LARDER_STORE=f"{setting.folder}/image-store")
    del env["LARDER_IMAGE"]
    prepare = [setting.larder, "image", "build", "-C", project]
    one = run_timed([*prepare, TARGET], env, project, f"{setting.folder}/prepare.log").wall_ms / 1e3
    figures = [Figure("preparing the image for x64", "s", [one])]
    if not setting.quick:
        more = run_timed([*prepare, *TARGETS], env, project, f"{setting.folder}/prepare.log").wall_ms / 1e3
        figures.append(Figure("preparing four targets' images", "s", [one + more], PREPARE_GOAL_S))
        machine.wait_until_unused(env["LARDER_STORE"])
        layers = subprocess.run(["du", "-s", "--block-size=1", env["LARDER_STORE"]], stdout=subprocess.PIPE, check=True)
        figures.append(Figure("  the store then takes", "GB", [int(layers.stdout.split()[0]) / 1e9], SIZE_GOAL_GB))
    run = [setting.larder, "run", TARGET, "-C", project, "--", "true"]
    hosts = dict(env, LARDER_IMAGE="host")
    actions = {"image": lambda: run_timed(run, env, project), "host": lambda: run_timed(run, hosts, project)}
    for action in actions.values():
        action()
    machine.wait_until_unused(env["LARDER_STORE"])
    timed = interleave(setting.rounds(40, 5), actions)
    machine.wait_until_unused(env["LARDER_STORE"])
    image, host = ([sample.wall_ms for sample in timed[name]] for name in ("image", "host"))
    return figures + [
        Figure("larder run on the prepared image", "ms", image),
        Figure("larder run on host", "ms", host),
        Figure("  the image's part", "ms", differences(image, host), START_GOAL_MS),
    ]


# ---- from a registry


class Registry:
    """A registry on loopback with one large image; a context manager."""

    def __init__(self, setting):
        self.folder = f"{setting.folder}/registry"
        self.bytes = QUICK_BYTES if setting.quick else LARGE_BYTES
        self.process = None
        self.image = ""

    def __enter__(self):
        os.makedirs(self.folder)
        with open(f"{self.folder}/config.yml", "w", encoding="utf-8") as config:
            config.write(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {self.folder}/data}}}}\n")
            config.write('http: {addr: "127.0.0.1:0"}\n')
        with open(f"{self.folder}/log", "wb") as log:
            # pylint: disable-next=consider-using-with  # it ends in __exit__
            self.process = subprocess.Popen(
                [engines.find("docker-registry"), "serve", f"{self.folder}/config.yml"], stdout=log, stderr=log
            )
        self.image = f"{self._address()}/large:1"
        self._push()
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait()

    def _address(self):
        for _ in range(REGISTRY_SECONDS * 10):
            with open(f"{self.folder}/log", encoding="utf-8") as log:
                found = re.search(r"listening on ([0-9.]+:\d+)", log.read())
            if found:
                return found.group(1)
            time.sleep(0.1)
        raise RuntimeError("docker-registry does not start")

    def _push(self):
        layers = [f"{self.folder}/{number}.tar" for number in range(LAYERS)]
        with open(f"{self.folder}/root.tar", "wb") as file:
            file.write(engines.tiny_root())
        _pack_large(layers, self.bytes // LAYERS)
        layout = f"{self.folder}/oci"
        umoci = engines.find("umoci")
        subprocess.run([umoci, "init", "--layout", layout], check=True)
        subprocess.run([umoci, "new", "--image", f"{layout}:large"], check=True)
        for layer in (f"{self.folder}/root.tar", *layers):
            subprocess.run([umoci, "raw", "add-layer", "--image", f"{layout}:large", layer], check=True)
            os.unlink(layer)
        subprocess.run([umoci, "config", "--image", f"{layout}:large", "--config.env", "PATH=/bin:/usr/bin"], check=True)
        push = [engines.find("skopeo"), "copy", "--quiet", "--dest-tls-verify=false"]
        subprocess.run([*push, f"oci:{layout}:large", f"docker://{self.image}"], check=True)
        shutil.rmtree(layout)


def _pack_large(layers, layer_bytes):
    """This machine's own programs, libraries and texts."""
    files = (os.path.join(path, name) for source in SOURCES for path, _, names in os.walk(source) for name in sorted(names))
    for layer in layers:
        size = 0
        with tarfile.open(layer, "w") as tar:
            for path in files:
                if not os.path.isfile(path) or os.path.islink(path):
                    continue
                tar.add(path, recursive=False)
                size += os.path.getsize(path)
                if size >= layer_bytes:
                    break


def registry(setting, project):
    """From a registry's image to the end of a first command in it, with nothing of it here before."""
    podman = None
    try:
        podman = engines.Podman(setting.folder)
        podman.start()
        with Registry(setting) as served:
            return _beside_podman(setting, project, served, podman)
    except engines.Unavailable as error:
        return [Figure("an image from a registry", "s", skipped=str(error))]
    finally:
        if podman is not None:
            podman.stop()


def _beside_podman(setting, project, served, podman):
    store = f"{setting.folder}/registry-store"
    env = dict(setting.env, LARDER_STORE=store, LARDER_IMAGE=served.image)
    command = [setting.larder, "run", TARGET, "-C", project, "--", "true"]

    def larder():
        machine.wait_until_unused(store)
        shutil.rmtree(store, ignore_errors=True)
        if os.path.exists(f"{project}/larder.lock"):
            os.unlink(f"{project}/larder.lock")
        os.sync()
        return run_timed(command, env, project, f"{setting.folder}/registry.log")

    def with_podman():
        subprocess.run([*podman.client, "rmi", "--force", served.image], env=podman.env, capture_output=True, check=False)
        os.sync()
        pull = run_timed([*podman.client, "pull", "--quiet", "--tls-verify=false", served.image], podman.env)
        run = run_timed([*podman.client, "run", "--rm", "--network", "none", served.image, "true"], podman.env)
        pull.wall_ms += run.wall_ms
        return pull

    timed = interleave(setting.rounds(3, 1), {"larder": larder, "podman": with_podman})
    machine.wait_until_unused(store)
    own, other = ([sample.wall_ms / 1e3 for sample in timed[name]] for name in ("larder", "podman"))
    size = f"{served.bytes / 1e9:.2f} GB"
    return [
        Figure(f"{size} from a registry to a first command: larder run", "s", own),
        Figure(f"{size} from a registry to a first command: podman pull, podman run", "s", other),
        Figure("  larder in relation to podman", "times", ratios(own, other), 1.0),
    ]


def images(setting):
    project = setting.small_project()
    return registry(setting, project) + debian(setting, project)
