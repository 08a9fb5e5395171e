#!/usr/bin/env python3
"""Tests of the package server: run this file."""

import hashlib
import io
import json
import signal
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import unittest
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "registry.py"

MANIFEST = """
[package]
name = "{name}"
version = "{version}"

[dependencies]
plain = "1"
renamed = {{ package = "original", version = "2", optional = true, default-features = false }}

[dev-dependencies]
tester = "1"

[build-dependencies]
builder = {{ version = "3", features = ["fast"] }}

[target."cfg(unix)".dependencies]
unixy = "4"

[features]
default = ["plain/std"]
more = ["dep:renamed"]
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_crate(crates: Path, folder: str, name: str, version: str) -> None:
    write(crates / folder / "Cargo.toml", MANIFEST.format(name=name, version=version))
    write(crates / folder / "src/lib.rs", "// empty\n")
    write(crates / folder / ".cargo-checksum.json", "{}")


class RunningServer:
    def __init__(self, crates: Path, git: Path) -> None:
        command = [sys.executable, PROGRAM, "--crates", crates, "--git", git]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def get(self, path: str, **headers: str) -> bytes:
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def status(self, path: str, **headers: str) -> int:
        try:
            self.get(path, **headers)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        return 200

    def stats(self) -> dict:
        return json.loads(self.get("/stats"))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(timeout=10)


class RegistryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        folder = Path(cls.temporary.name)
        cls.crates, cls.git = folder / "crates", folder / "labels"
        write_crate(cls.crates, "sample-1.0.0", "sample", "1.0.0")
        write_crate(cls.crates, "sample-1.2.0", "sample", "1.2.0")
        write_crate(cls.crates, "md-0.10.1", "md-5", "0.10.1")  # Debian's folder names can differ
        write(cls.git / "README", "hello\n")
        cls.server = RunningServer(cls.crates, cls.git)
        cls.addClassCleanup(cls.server.stop)

    def setUp(self) -> None:
        urllib.request.urlopen(self.server.url + "/stats/reset", data=b"").close()

    def index(self) -> list[dict]:
        return [json.loads(line) for line in self.server.get("/index/sa/mp/sample").splitlines()]

    def test_index_lists_every_version(self) -> None:
        self.assertEqual([entry["vers"] for entry in self.index()], ["1.0.0", "1.2.0"])
        self.assertEqual(self.server.status("/index/md/-5/md-5"), 200)
        self.assertEqual(self.server.status("/index/no/ne/none"), 404)

    def test_index_describes_dependencies(self) -> None:
        dependencies = {entry["name"]: entry for entry in self.index()[0]["deps"]}
        self.assertEqual(sorted(dependencies), ["builder", "plain", "renamed", "unixy"])
        self.assertEqual(dependencies["builder"]["kind"], "build")
        self.assertEqual(dependencies["builder"]["features"], ["fast"])
        self.assertEqual(dependencies["unixy"]["target"], "cfg(unix)")
        renamed = dependencies["renamed"]
        self.assertEqual((renamed["package"], renamed["req"]), ("original", "2"))
        self.assertEqual((renamed["optional"], renamed["default_features"]), (True, False))

    def test_index_separates_newer_features(self) -> None:
        entry = self.index()[0]
        self.assertEqual(entry["features"], {"default": ["plain/std"]})
        self.assertEqual((entry["features2"], entry["v"]), ({"more": ["dep:renamed"]}, 2))

    def test_config_names_the_host_of_the_request(self) -> None:
        config = json.loads(self.server.get("/index/config.json", Host="larder.example"))
        self.assertEqual(config, {"dl": "http://larder.example/crates/{crate}/{version}.crate"})

    def test_known_index_is_not_sent_again(self) -> None:
        with urllib.request.urlopen(self.server.url + "/index/sa/mp/sample") as answer:
            etag = answer.headers["ETag"]
        self.assertEqual(self.server.status("/index/sa/mp/sample", **{"If-None-Match": etag}), 304)

    def test_crate_has_its_checksum_and_no_times(self) -> None:
        data = self.server.get("/crates/sample/1.0.0.crate")
        self.assertEqual(hashlib.sha256(data).hexdigest(), self.index()[0]["cksum"])
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            members = [(member.name, member.mtime) for member in tar]
        self.assertEqual(members, [("sample-1.0.0/Cargo.toml", 0), ("sample-1.0.0/src/lib.rs", 0)])

    def test_everything_is_counted(self) -> None:
        size = len(self.server.get("/crates/sample/1.0.0.crate"))
        size += len(self.server.get("/crates/sample/1.2.0.crate")) + len(self.server.get("/index/sa/mp/sample"))
        stats = self.server.stats()
        self.assertEqual((stats["requests"], stats["index_requests"], stats["crate_downloads"]), (3, 1, 2))
        self.assertEqual(stats["bytes"], size)
        self.assertEqual(stats["crates"], {"sample-1.0.0": 1, "sample-1.2.0": 1})

    def test_answers_a_client_that_uses_it_as_its_proxy(self) -> None:
        command = ["git", "-c", f"http.proxy={self.server.url}", "ls-remote"]
        subprocess.run([*command, "http://larder.example/git/labels.git"], check=True, stdout=subprocess.DEVNULL)
        self.assertGreater(self.server.stats()["git_requests"], 0)

    def test_git_clone(self) -> None:
        with tempfile.TemporaryDirectory() as clone:
            url = f"{self.server.url}/git/labels.git"
            subprocess.run(["git", "clone", "--quiet", url, clone], check=True)
            self.assertEqual((Path(clone) / "README").read_text(), "hello\n")
        self.assertEqual(self.server.status("/git/none.git/info/refs"), 404)

    def test_another_server_serves_the_same(self) -> None:
        other = RunningServer(self.crates, self.git)
        self.addCleanup(other.stop)
        for path in ("/index/sa/mp/sample", "/git/labels.git/info/refs?service=git-upload-pack"):
            self.assertEqual(other.get(path), self.server.get(path))

    def test_ends_on_sigterm(self) -> None:
        self.assertEqual(RunningServer(self.crates, self.git).stop(), 0)

    def test_seals_a_lock_file(self) -> None:
        source = 'source = "registry+https://github.com/rust-lang/crates.io-index"'
        lock = Path(self.temporary.name) / "Cargo.lock"
        write(lock, f'version = 4\n\n[[package]]\nname = "sample"\nversion = "1.2.0"\n{source}\nchecksum = "old"\n')
        subprocess.run([sys.executable, PROGRAM, "--crates", self.crates, "--seal-lock", lock], check=True)
        package = tomllib.loads(lock.read_text())["package"][0]
        self.assertEqual(package["checksum"], self.index()[1]["cksum"])


class ExampleTest(unittest.TestCase):
    def test_the_lock_file_names_the_commit_that_is_served(self) -> None:
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(HERE))
        import registry

        with tempfile.TemporaryDirectory() as temporary:
            commit = registry.make_repository(HERE.parent / "labels", Path(temporary) / "labels.git")
        lock = (HERE.parent / "pantry/Cargo.lock").read_text()
        self.assertIn(f'source = "git+http://larder.example/git/labels.git#{commit}"', lock)


if __name__ == "__main__":
    unittest.main()
