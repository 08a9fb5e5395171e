#!/usr/bin/env python3
"""A small package server on loopback, for the examples, the tests and the benchmarks.

It gives a real cargo something to download on a machine that cannot reach crates.io:

  /index/...            a cargo sparse registry, made from the crates that Debian's
                        librust-*-dev packages put below /usr/share/cargo/registry
  /crates/...           the .crate files of that registry
  /git/NAME.git/...     git repositories over smart HTTP, one for each --git folder
  /stats                what has been asked for, as JSON; POST /stats/reset starts anew

A .crate is packed when it is first asked for and then kept in memory. Everything served is
a function of the sources alone: the same folders give the same checksums and commit ids, in
every run. Development dependencies are left out of the index; a registry never needs them.

The server answers direct requests as well as those of a client that uses it as its HTTP
proxy. As a proxy it serves its own pages whatever the host in the URL, so that a client can
use one fixed made-up name (see ../start) and no lock file or cache depends on the port.

With --seal-lock it does not serve, but writes the checksums of its own .crate files into
a Cargo.lock: Debian repacks crates, so these are not the checksums of crates.io.

Needs Python 3.11 and git, nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DEBIAN_CRATES = Path("/usr/share/cargo/registry")
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"


# --- the cargo registry ---------------------------------------------------------------------


@dataclass
class Crate:
    """One version of one crate: a folder of sources with its Cargo.toml."""

    folder: Path
    manifest: dict[str, Any]
    _archive: bytes | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return self.manifest["package"]["name"]

    @property
    def version(self) -> str:
        return self.manifest["package"]["version"]

    @property
    def archive(self) -> bytes:
        """The .crate file."""
        with self._lock:
            if self._archive is None:
                self._archive = pack(self.folder, f"{self.name}-{self.version}")
            return self._archive

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.archive).hexdigest()

    def index_entry(self) -> dict[str, Any]:
        """The crate's line in the index."""
        plain, extended = split_features(self.manifest.get("features", {}))
        entry = {
            "name": self.name,
            "vers": self.version,
            "deps": list(dependencies(self.manifest)),
            "cksum": self.checksum,
            "features": plain,
            "yanked": False,
            "links": self.manifest["package"].get("links"),
        }
        if extended:
            entry |= {"features2": extended, "v": 2}
        return entry


def pack(folder: Path, prefix: str) -> bytes:
    """Packs a folder as a .crate: a tar.gz without times, owners or an order of its own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            if path.name == ".cargo-checksum.json":
                continue
            data = path.read_bytes()
            info = tarfile.TarInfo(f"{prefix}/{path.relative_to(folder)}")
            info.size = len(data)
            info.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            tar.addfile(info, io.BytesIO(data))
    return zlib.compress(buffer.getvalue(), level=6, wbits=31)  # gzip, with its time field 0


def split_features(features: dict[str, list[str]]) -> tuple[dict, dict]:
    """Separates features that use `dep:` or `?/`, which older cargos cannot read."""

    def is_extended(values: list[str]) -> bool:
        return any(value.startswith("dep:") or "?/" in value for value in values)

    plain = {name: values for name, values in features.items() if not is_extended(values)}
    extended = {name: values for name, values in features.items() if is_extended(values)}
    return plain, extended


def dependencies(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The dependencies in the index's form: normal and build ones, for all targets."""
    tables = [(None, manifest), *manifest.get("target", {}).items()]
    for target, table in tables:
        for kind, section in (("normal", "dependencies"), ("build", "build-dependencies")):
            for name, spec in table.get(section, {}).items():
                yield index_dependency(name, spec, kind, target)


def index_dependency(name: str, spec: Any, kind: str, target: str | None) -> dict[str, Any]:
    if isinstance(spec, str):
        spec = {"version": spec}
    entry = {
        "name": name,
        "req": spec.get("version", "*"),
        "features": spec.get("features", []),
        "optional": spec.get("optional", False),
        "default_features": spec.get("default-features", True),
        "target": target,
        "kind": kind,
    }
    if "package" in spec:  # renamed: the index has the new name first
        entry["package"] = spec["package"]
    return entry


class Registry:
    """All crates below a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self.crates: dict[str, list[Crate]] = {}
        for path in sorted(folder.glob("*/Cargo.toml")):
            crate = Crate(path.parent, tomllib.loads(path.read_text(encoding="utf-8")))
            self.crates.setdefault(crate.name, []).append(crate)

    def find(self, name: str, version: str) -> Crate | None:
        return next((c for c in self.crates.get(name, []) if c.version == version), None)

    def index_file(self, path: str) -> str | None:
        """The index file at a path such as `se/rd/serde`."""
        name = path.rpartition("/")[2]
        if name not in self.crates or path != index_path(name):
            return None
        lines = (json.dumps(crate.index_entry()) for crate in self.crates[name])
        return "".join(line + "\n" for line in lines)

    def seal_lock(self, lock: str) -> str:
        """Gives each crates.io package of a Cargo.lock the checksum of our .crate."""
        blocks = lock.split("\n\n")
        return "\n\n".join(self._seal_package(block) for block in blocks)

    def _seal_package(self, block: str) -> str:
        source = f'source = "{CRATES_IO}"'
        if source not in block:
            return block
        package = tomllib.loads(block)["package"][0]
        crate = self.find(package["name"], package["version"])
        if crate is None:
            raise SystemExit(f"not installed: {package['name']} {package['version']}")
        block = re.sub(r'\nchecksum = ".*"', "", block)
        return block.replace(source, f'{source}\nchecksum = "{crate.checksum}"')


def index_path(name: str) -> str:
    """Where cargo looks for a crate: 1/a, 2/ab, 3/a/abc, ab/cd/abcd."""
    lower = name.lower()
    if len(lower) <= 2:
        return f"{len(lower)}/{lower}"
    if len(lower) == 3:
        return f"3/{lower[0]}/{lower}"
    return f"{lower[:2]}/{lower[2:4]}/{lower}"


# --- git repositories -----------------------------------------------------------------------


def git_environment() -> dict[str, str]:
    """An environment in which git does the same on every machine, whoever calls it."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "TZ": "UTC",
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment[f"GIT_{role}_NAME"] = "Larder examples"
        environment[f"GIT_{role}_EMAIL"] = "examples@larder.example"
        environment[f"GIT_{role}_DATE"] = "2026-01-01T00:00:00Z"
    return environment


def make_repository(source: Path, repository: Path) -> str:
    """Makes a bare repository with the folder's files as its only commit; returns the commit."""
    environment = git_environment() | {
        "GIT_DIR": str(repository),
        "GIT_WORK_TREE": str(source),
    }

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(
            command, env=environment, cwd=source, check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    init = ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository)]
    subprocess.run(init, env=git_environment(), check=True)
    git("config", "core.bare", "false")  # for `add`, which wants a work tree
    git("add", "--all", ".")
    git("commit", "--quiet", "--no-verify", "--message", f"The sources of {source.name}")
    git("config", "core.bare", "true")
    return git("rev-parse", "HEAD")


def git_http_backend(root: Path, method: str, path: str, query: str, headers: Any, body: bytes) -> bytes:
    """Runs git's own CGI program; returns its answer, headers included."""
    environment = git_environment() | {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
    }
    command = ["git", "http-backend"]
    return subprocess.run(command, env=environment, input=body, check=True, stdout=subprocess.PIPE).stdout


# --- the server -----------------------------------------------------------------------------


class Stats:
    """What the clients have asked for since the start or the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._counts: Counter[str] = Counter()
            self._crates: Counter[str] = Counter()

    def add(self, kind: str, size: int, crate: str | None = None) -> None:
        with self._lock:
            self._counts["requests"] += 1
            self._counts["bytes"] += size
            self._counts[kind] += 1
            if crate is not None:
                self._crates[crate] += 1

    def report(self) -> dict[str, Any]:
        kinds = ("requests", "index_requests", "crate_downloads", "git_requests", "other_requests", "bytes")
        with self._lock:
            return {kind: self._counts[kind] for kind in kinds} | {"crates": dict(sorted(self._crates.items()))}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # cargo opens many connections at once

    def __init__(self, port: int, registry: Registry, repositories: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.registry = registry
        self.repositories = repositories
        self.stats = Stats()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to report."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def do_GET(self) -> None:  # noqa: N802 (the name is the base class's)
        path = self.url.path
        if path == "/stats":
            self.send(200, json.dumps(self.server.stats.report(), indent=2).encode() + b"\n", JSON)
        elif path.startswith("/index/"):
            self.get_index(path.removeprefix("/index/"))
        elif path.startswith("/crates/"):
            self.get_crate(path.removeprefix("/crates/"))
        elif path.startswith("/git/"):
            self.serve_git(b"")
        else:
            self.not_found("other_requests")

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.url.path == "/stats/reset":
            self.server.stats.reset()
            self.send(204, b"", TEXT)
        elif self.url.path.startswith("/git/"):
            self.serve_git(body)
        else:
            self.not_found("other_requests")

    @property
    def url(self) -> Any:
        """The request's URL; a client that uses us as a proxy sends it with scheme and host."""
        return urlsplit(self.path)

    def get_index(self, path: str) -> None:
        if path == "config.json":
            host = self.headers.get("Host", "")
            download = f"http://{host}/crates/{{crate}}/{{version}}.crate"
            self.send_index(json.dumps({"dl": download}))
        elif (text := self.server.registry.index_file(path)) is not None:
            self.send_index(text)
        else:
            self.not_found("index_requests")

    def send_index(self, text: str) -> None:
        """Sends an index file, or says that the client's copy is still good."""
        data = text.encode()
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        fresh = self.headers.get("If-None-Match") == etag
        status, data = (304, b"") if fresh else (200, data)
        self.server.stats.add("index_requests", len(data))
        self.send(status, data, TEXT, {"ETag": etag})

    def get_crate(self, path: str) -> None:
        name, _, version = path.removesuffix(".crate").partition("/")
        crate = self.server.registry.find(name, version)
        if crate is None:
            self.not_found("crate_downloads")
            return
        self.server.stats.add("crate_downloads", len(crate.archive), f"{name}-{version}")
        self.send(200, crate.archive, BINARY)

    def serve_git(self, body: bytes) -> None:
        path = self.url.path.removeprefix("/git")
        root = self.server.repositories
        answer = git_http_backend(root, self.command, path, self.url.query, self.headers, body)
        head, _, data = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        self.server.stats.add("git_requests", len(data))
        self.send(status, data, headers.pop("Content-Type", TEXT), headers)

    def not_found(self, kind: str) -> None:
        self.server.stats.add(kind, 0)
        self.send(404, b"not found\n", TEXT)

    def send(self, status: int, data: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        print(self.log_date_time_string(), format % args, file=sys.stderr, flush=True)


def serve(port: int, port_file: Path | None, registry: Registry, sources: list[Path]) -> None:
    """Serves until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="larder-registry-") as temporary:
        repositories = Path(temporary)
        for source in sources:
            make_repository(source, repositories / f"{source.name}.git")
        with Server(port, registry, repositories) as server:
            announce(server.server_port, port_file)
            server.serve_forever()


def announce(port: int, port_file: Path | None) -> None:
    """Prints the port and writes it to the file; whoever sees it can connect."""
    print(port, flush=True)
    if port_file is not None:
        draft = port_file.with_name(port_file.name + ".new")
        draft.write_text(f"{port}\n")
        draft.rename(port_file)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serves Debian's Rust crates and git repositories on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--port-file", type=Path, metavar="FILE", help="write the port to this file as well")
    parser.add_argument("--log", type=Path, metavar="FILE", help="request log (default: standard error)")
    parser.add_argument("--crates", type=Path, default=DEBIAN_CRATES, metavar="DIR", help="default: %(default)s")
    parser.add_argument(
        "--git", type=Path, action="append", default=[], metavar="DIR", help="serve this folder as /git/NAME.git"
    )
    parser.add_argument(
        "--seal-lock", type=Path, metavar="CARGO_LOCK", help="only write our checksums into this Cargo.lock"
    )
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    registry = Registry(arguments.crates)
    if arguments.seal_lock is not None:
        lock = arguments.seal_lock.read_text(encoding="utf-8")
        arguments.seal_lock.write_text(registry.seal_lock(lock), encoding="utf-8")
        return
    if arguments.log is not None:
        sys.stderr = arguments.log.open("a", encoding="utf-8")
    serve(arguments.port, arguments.port_file, registry, [path.resolve() for path in arguments.git])


if __name__ == "__main__":
    main()
