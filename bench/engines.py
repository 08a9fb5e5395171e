"""Container engines to compare with: daemons of our own, in a temporary folder, that touch no others."""

import io
import os
import shutil
import signal
import subprocess
import tarfile
import time

IMAGE = "larder-bench"
BUSYBOX = "/bin/busybox"
START_SECONDS = 30


class Unavailable(Exception):
    """This engine cannot run here; says why."""


def find(program):
    found = shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin:" + os.environ.get("PATH", ""))
    if not found:
        raise Unavailable(f"there is no {program} (scripts/install-packages engines)")
    return found


def tiny_root():
    """A root file system as a tar: busybox, and `true` and `sh` as links to it."""
    if not os.path.exists(BUSYBOX):
        raise Unavailable("there is no busybox (scripts/install-packages engines)")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.add(BUSYBOX, "bin/busybox")
        for name in ("true", "sh"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return data.getvalue()


def require_root():
    if os.geteuid() != 0:
        raise Unavailable("it is measured as root only")


class Engine:
    """What both have: a client, its environment, and the settings that a program which calls the client needs."""

    client: list
    env: dict
    settings: dict

    def run_true(self):
        return self.client + ["run", "--rm", "--network", "none", IMAGE, "true"]

    def run_build(self, project, volumes):
        """The original's way: a plain container with named volumes."""
        mounts = [f"--volume={project}:/workspace"] + [f"--volume=bench-{i}:{path}" for i, path in enumerate(volumes)]
        return self.client + ["run", "--rm", "--network", "none", "--workdir", "/workspace", *mounts, IMAGE, "sh", "build.sh"]


class Docker(Engine):
    def __init__(self, folder):
        require_root()
        self.folder = folder
        self.socket = f"unix://{folder}/docker.sock"
        self.client = [find("docker"), "--host", self.socket]
        self.settings = {"DOCKER_HOST": self.socket, "DOCKER_CONFIG": f"{folder}/docker-config"}
        self.env = dict(os.environ, DOCKER_CONFIG=self.settings["DOCKER_CONFIG"])
        self.daemon = None

    def start(self):
        command = [find("dockerd"), "--data-root", f"{self.folder}/docker", "--exec-root", f"{self.folder}/docker-run"]
        command += ["--host", self.socket, "--pidfile", f"{self.folder}/docker.pid", "--iptables=false"]
        command += ["--ip6tables=false", "--bridge=none"]
        env = dict(os.environ, PATH="/usr/bin:/usr/sbin:/bin:/sbin")
        with open(f"{self.folder}/dockerd.log", "wb") as log:
            # pylint: disable-next=consider-using-with  # it ends in stop()
            self.daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        self.wait_for_daemon()
        subprocess.run(
            self.client + ["import", "-", IMAGE], input=tiny_root(), stdout=subprocess.DEVNULL, env=self.env, check=True
        )

    def wait_for_daemon(self):
        for _ in range(START_SECONDS * 10):
            if self.daemon.poll() is not None:
                break
            if subprocess.run(self.client + ["info"], capture_output=True, env=self.env, check=False).returncode == 0:
                return
            time.sleep(0.1)
        with open(f"{self.folder}/dockerd.log", encoding="utf-8") as log:
            raise Unavailable("dockerd did not start: " + (log.read().strip().splitlines() or ["no output"])[-1])

    def stop(self):
        if self.daemon is None or self.daemon.poll() is not None:
            return
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait(START_SECONDS)
        # What containers with the host's network leave mounted: the temporary folder could not be removed.
        subprocess.run(["umount", f"{self.folder}/docker-run/netns/default"], capture_output=True, check=False)


class Podman(Engine):
    """Has no daemon; its storage and settings lie in the temporary folder."""

    def __init__(self, folder):
        require_root()
        self.settings = {"CONTAINERS_CONF": f"{folder}/containers.conf"}
        self.settings["CONTAINERS_STORAGE_CONF"] = f"{folder}/storage.conf"
        self.env = dict(os.environ, **self.settings)
        self.client = [find("podman")]
        with open(self.settings["CONTAINERS_CONF"], "w", encoding="utf-8") as conf:
            conf.write('[containers]\ndefault_ulimits = ["nofile=1024:20000", "nproc=1024:1024"]\nnetns = "host"\n')
            conf.write(f'[engine]\nruntime = "{find("runc")}"\ncgroup_manager = "cgroupfs"\n')
        with open(self.settings["CONTAINERS_STORAGE_CONF"], "w", encoding="utf-8") as conf:
            conf.write(f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/podman"\nrunroot = "{folder}/podman-run"\n')

    def start(self):
        imported = subprocess.run(
            self.client + ["import", "-", IMAGE], input=tiny_root(), capture_output=True, env=self.env, check=False
        )
        if imported.returncode != 0:
            raise Unavailable("podman import: " + imported.stderr.decode(errors="replace").strip()[-200:])

    def stop(self):
        subprocess.run(self.client + ["system", "reset", "--force"], capture_output=True, env=self.env, check=False)
