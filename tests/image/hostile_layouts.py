#!/usr/bin/env python3
"""Makes images of strangers that mean harm, each as an OCI image layout, has Larder prepare each of them in one store, and says what
came of it: a table and its sum.

Usage: hostile_layouts.py LARDER FOLDER ROOT.tar CANARY [NAME...]

FOLDER is for the layouts, ROOT.tar the layer below each hostile one, CANARY a folder outside with a file `secret`, which nothing may
change. Each case is one of two: `refused`, by one clear error, or `contained`, which may not reach beyond its own image.
"""
import base64
import concurrent.futures
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path

from hostile_layers import UP, device, entry, evil, folder, hard_link, symlink

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
SECONDS_MAX = 60
MEMORY_MIB_MAX = 700
LINES_MAX = 4000
SHORT = os.geteuid() == 0 and not os.environ.get("LARDER_TEST_ALL")  # who unpacks makes no difference for what is not yet unpacked
CASES = {}  # name: (expected, function that writes the layout)


def case(expected, name, write):
    assert name not in CASES, name
    CASES[name] = (expected, write)


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layout:
    """A layout as it should be; what is to be wrong with it is changed before `write`."""

    def __init__(self, path, root):
        self.path, self.root = Path(path), root
        self.blobs = self.path / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        self.layers = [(root, LAYER)]
        machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
        self.config = {"architecture": machine, "os": "linux", "config": {}, "rootfs": {"type": "layers"}}
        self.manifest = {"schemaVersion": 2, "mediaType": MANIFEST}
        self.index = {"schemaVersion": 2}

    def put(self, data, media_type, **fields):
        (self.blobs / sha(data)[7:]).write_bytes(data)
        return {"mediaType": media_type, "digest": sha(data), "size": len(data), **fields}

    def put_json(self, data, media_type, **fields):
        return self.put(data if isinstance(data, bytes) else json.dumps(data).encode(), media_type, **fields)

    def finish_manifest(self):
        plain = [gzip.decompress(data) if kind.endswith("+gzip") else data for data, kind in self.layers]
        self.config["rootfs"].setdefault("diff_ids", [sha(data) for data in plain])
        self.manifest.setdefault("layers", [self.put(data, kind) for data, kind in self.layers])
        self.manifest.setdefault("config", self.put_json(self.config, CONFIG))
        return self.manifest

    def write(self, index=None):
        if index is None:
            self.index.setdefault("manifests", [self.put_json(self.finish_manifest(), MANIFEST)])
            index = json.dumps(self.index).encode()
        (self.path / "index.json").write_bytes(index)
        (self.path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def tar_of(entries, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def raw_header(name, size, kind=b"0", link="", **octal):
    """A header of tar's as it never should be."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname, info.mode = 0, kind, link, 0o644
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT)[:512])
    block[124:136] = size if isinstance(size, bytes) else b"%011o\0" % size
    for place, field in octal.values():
        block[place : place + len(field)] = field
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def layer_case(expected, name, entries, kind=LAYER, pack=lambda data: data):
    def write(layout):
        data = entries if isinstance(entries, bytes) else tar_of(entries() if callable(entries) else entries)
        layout.layers.append((pack(data), kind))
        layout.write()

    case(expected, name, write)


def pax(name, headers, data=b"x"):
    return entry(name, data, pax_headers=headers)


def layers(canary):
    """Layers: paths, links, kinds of files, attributes, deletions, numbers, counts."""
    beyond = UP + canary.lstrip("/")
    good, bad = "contained", "refused"
    for name, paths in {
        "dots": ["./././bin/x", "./bin/./../x"], "slashes": ["//bin////x", "bin//"],
        "climbs-in-the-middle": [f"bin/../../../..{canary}/evil"], "climbs-late": [f"a/b/c/../../../{beyond}/evil"],
        "newline": ["bin/a\nb", "a\n/b"], "controls": ["bin/\x1b]0;title\x07", "\x1b[2J"], "bidi": ["bin/\u202etxt.exe"],
        "backslashes": ["..\\..\\evil", "bin\\x"], "option": ["-rf", "--help", "bin/-x"], "spaces": [" ", "bin/ ", "  /x"],
        "shell": ["$(touch x)", "`id`", ";x", "|x", "*"], "proc": ["proc/self/root/evil", "proc/1/cwd/evil", "proc/sys/kernel/core_pattern"],
        "dev": ["dev/null", "dev/shm/x", "dev/pts/0"], "sys": ["sys/fs/cgroup/x", "sys/kernel/x"], "own-places": ["workspace/x", "usr/local/cargo/config.toml", ".larder/x", "run/larder/x"],
        "cargo": ["workspace/.cargo/config.toml", ".cargo/config.toml"], "preload": ["etc/ld.so.preload"], "shadow": ["etc/shadow", "etc/sudoers"],
    }.items():
        layer_case(good, f"path-{name}", [evil(path) for path in paths])
    for name, path in {"is-dot": ".", "is-up": "..", "is-slash": "/"}.items():
        layer_case(bad, f"path-{name}", [evil(path)])
    layer_case(bad, "path-too-long-part", [evil("a" * 300)])
    layer_case(bad, "path-too-long", [evil("/".join(["abcdefghi"] * 600))])
    layer_case(good, "path-deep", [evil("/".join(["d"] * 200) + "/x")])
    layer_case(good, "path-pax", [pax("x", {"path": f"{beyond}/evil"}), pax("y", {"path": "/" + "../" * 40 + "etc/evil"})])
    layer_case(good, "path-not-utf8", tar_of([]) and raw_header("bin/\xff", 0) + bytes(1024))
    for name, entries in {
        "itself": [symlink("a", "a"), evil("b")], "two": [symlink("a", "b"), symlink("b", "a")], "root": [symlink("a", "/"), evil(f"a{canary}/evil")],
        "self-root": [symlink("a", "/proc/self/root"), evil(f"a{canary}/evil")], "self-cwd": [symlink("a", "/proc/self/cwd"), evil("a/evil")],
        "fd": [symlink("a", "/proc/self/fd/3"), evil("a/evil")], "chain": [symlink(f"l{i}", f"l{i + 1}") for i in range(30)] + [symlink("l30", canary), evil("l0/evil")],
        "bin": [symlink("bin", canary), evil("bin/evil")], "usr": [symlink("usr", beyond), evil("usr/evil")], "lib": [symlink("lib", canary), evil("lib/evil")],
        "var": [symlink("var/lib", canary), evil("var/lib/dpkg/status")], "etc-folder": [symlink("etc", canary), evil("etc/passwd")],
        "file-over": [folder("d"), evil("d/x"), evil("d"), evil("d")], "folder-over": [symlink("d", canary), folder("d"), evil("d/evil")],
        "over-folder": [folder("d"), evil("d/x"), symlink("d", canary)], "deletes-over": [symlink("d", canary), evil("d/.wh.secret"), folder("d")],
        "mode-through": [symlink("d", f"{canary}/secret"), entry("d", b"", mode=0o777)], "dangling": [symlink("tmp", "/nowhere/at/all")],
        "shell": [symlink("bin/sh", canary), symlink("bin/busybox", f"{canary}/secret")], "home": [symlink("home", canary), symlink("root", canary)],
        "resolv-deep": [symlink("etc", "usr/etc"), symlink("usr/etc", canary)], "localtime": [symlink("etc/localtime", f"{canary}/secret")],
    }.items():
        layer_case(good, f"link-{name}", entries)
    layer_case(bad, "link-empty", [symlink("a", "")])
    layer_case(bad, "link-too-long", [symlink("a", "b/" * 3000)])
    for name, entries in {
        "itself": [hard_link("a", "a")], "missing": [hard_link("a", "gone")], "folder": [folder("d"), hard_link("a", "d")], "passwd": [hard_link("a", "/etc/shadow"), evil("a")],
        "proc": [hard_link("a", "/proc/self/exe")], "later": [hard_link("a", "b"), evil("b")], "through-link": [symlink("w", canary), hard_link("a", "w/secret"), evil("a")],
        "onto-link": [symlink("w", canary), evil("x"), hard_link("w/evil", "x")], "empty": [hard_link("a", "")], "root": [hard_link("a", "/")],
    }.items():
        layer_case(HARD_LINKS.get(name, bad), f"hard-link-{name}", entries)
    layer_case(good, "hard-link-many", [evil("x")] + [hard_link(f"h{i}", "x") for i in range(2000)])
    for name, kind, numbers in (("null", tarfile.CHRTYPE, (1, 3)), ("console", tarfile.CHRTYPE, (5, 1)), ("fuse", tarfile.CHRTYPE, (10, 229)), ("disk", tarfile.BLKTYPE, (8, 0)),
                                ("loop", tarfile.BLKTYPE, (7, 0)), ("huge", tarfile.CHRTYPE, (0o7777777, 0o7777777)), ("deletion", tarfile.CHRTYPE, (0, 0))):
        layer_case(good, f"device-{name}", [device("dev-x", kind, *numbers), device("bin/dev-x", kind, *numbers)])
    layer_case(good, "device-over-shell", [device("bin/sh", tarfile.CHRTYPE, 0, 0), device("bin", tarfile.CHRTYPE, 0, 0)])
    layer_case(good, "fifo-over-shell", [entry("bin/sh", type=tarfile.FIFOTYPE), entry("etc/passwd", type=tarfile.FIFOTYPE)])
    for letter in (b"7", b"Z", b"V", b"M", b"D"):
        layer_case(bad, f"kind-{letter.decode()}", raw_header("x", 0, letter) + bytes(1024))
    for name, headers in {
        "overlay": {"SCHILY.xattr.user.overlay.redirect": beyond, "SCHILY.xattr.user.overlay.metacopy": "", "SCHILY.xattr.user.overlay.origin": "x"},
        "trusted": {"SCHILY.xattr.trusted.overlay.opaque": "y", "SCHILY.xattr.trusted.x": "y"}, "selinux": {"SCHILY.xattr.security.selinux": "system_u:object_r:x:s0"},
        "capability": {"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x20"}, "acl": {"SCHILY.xattr.system.posix_acl_access": "\x02\x00"},
        "no-namespace": {"SCHILY.xattr.x": "y"}, "empty": {"SCHILY.xattr.": "y"}, "larder": {"SCHILY.xattr.user.larder.x": "y"},
        "many": {f"SCHILY.xattr.user.a{i}": "v" for i in range(200)}, "long": {"SCHILY.xattr.user.a": "v" * 70000}, "long-name": {"SCHILY.xattr.user." + "a" * 300: "v"},
    }.items():
        layer_case(XATTRS.get(name, good), f"xattr-{name}", [entry("bin", type=tarfile.DIRTYPE, mode=0o755, pax_headers=headers), pax("bin/x", headers)])
    for name, headers in {
        "mtime-far": {"mtime": "99999999999999"}, "mtime-nan": {"mtime": "nan"}, "mtime-negative": {"mtime": "-99999999999"}, "uid-huge": {"uid": "99999999999"},
        "uid-negative": {"uid": "-1"}, "size-huge": {"size": "9223372036854775807"}, "size-negative": {"size": "-1"}, "linkpath": {"linkpath": canary},
        "sparse-huge": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": str(1 << 60)},
        "sparse-map": {"GNU.sparse.map": "0,1,99999999999999,1", "GNU.sparse.numblocks": "2", "GNU.sparse.size": "1"}, "charset": {"hdrcharset": "BINARY"}, "long": {"comment": "x" * 2000000},
    }.items():
        layer_case(PAX.get(name, good), f"pax-{name}", [pax("x", headers)])
    layer_case(bad, "pax-broken-length", raw_header("x", 30, b"x") + b"99 path=x\n".ljust(512, b"\0") + bytes(1024))
    layer_case(bad, "size-beyond-end", raw_header("x", 0o7777777777) + b"x" * 512)
    layer_case(bad, "size-no-number", raw_header("x", b"zzzzzzzzzzz\0") + bytes(1024))
    layer_case(bad, "size-negative", raw_header("x", b"\xff" * 12) + bytes(1024))
    layer_case(bad, "checksum", raw_header("x", 0)[:-400] + b"1" * 400 + bytes(1024))
    for name, paths in {
        "root": [".wh..wh..opq"], "all": [".wh.bin", ".wh.usr", ".wh.etc"], "dot": ["bin/.wh..", ".wh..."], "nothing": [".wh."], "missing": [".wh.gone"],
        "aufs": [".wh..wh.aufs", ".wh..wh.plnk/x"], "and-file": ["bin/.wh.sh", "bin/sh"], "below-file": ["bin/sh/.wh.x"], "slash": ["bin/.wh.a/b"],
    }.items():
        layer_case(WHITEOUTS.get(name, good), f"deletion-{name}", [evil(path) for path in paths])
    layer_case(good, "deletion-is-folder", [folder(".wh.bin"), symlink("bin/.wh.ls", canary)])
    layer_case(good, "duplicates", [entry("x", b"%d" % i) for i in range(3000)])
    layer_case(good, "many-files", lambda: [entry(f"many/{i}", b"") for i in range(2000)])
    layer_case(good, "unreadable", [entry("d", type=tarfile.DIRTYPE, mode=0), entry("f", b"x", mode=0), evil("d/x")])
    layer_case(good, "owners", [entry("x", b"x", uid=65534, gid=65534), entry("y", b"x", uid=4000000000, gid=1)])


# What umoci refuses, found by running it; a change of either is a change to look at.
REFUSED = "refused"
HARD_LINKS = {"onto-link": "contained"}
XATTRS = dict.fromkeys(("capability", "acl", "empty", "many", "long", "long-name"), REFUSED)
PAX = dict.fromkeys(("mtime-nan", "size-huge", "size-negative", "sparse-huge", "sparse-map", "long"), REFUSED)
WHITEOUTS = dict.fromkeys(("dot", "nothing"), REFUSED)


def compression(_):
    """Layers that are not what their kind says."""
    data = tar_of([evil("x")])
    packed = gzip.compress(data)
    # umoci looks at what the bytes are, whatever their kind says.
    plain = lambda blob, kind, name, expected: case(expected, name, lambda layout: put_layer(layout, blob, kind, data))
    plain(packed[:-9], LAYER + "+gzip", "gzip-cut", "refused")
    plain(packed[:20] + b"\xff\xff" + packed[22:], LAYER + "+gzip", "gzip-damaged", "refused")
    plain(data, LAYER + "+gzip", "gzip-that-is-plain", "contained")
    plain(packed, LAYER, "plain-that-is-gzip", "contained")
    plain(packed, LAYER + "+zstd", "zstd-that-is-gzip", "contained")
    plain(packed + b"rubbish", LAYER + "+gzip", "gzip-with-more", "refused")
    plain(b"", LAYER, "empty", "refused")
    plain(b"", LAYER + "+gzip", "empty-gzip", "refused")
    plain(os.urandom(3000), LAYER, "noise", "refused")
    plain(b"\x28\xb5\x2f\xfd" + b"\xff" * 100, LAYER + "+zstd", "zstd-damaged", "refused")
    plain(data, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "foreign-kind", "refused")
    plain(data, LAYER + "+encrypted", "encrypted", "refused")
    plain(data, "text/plain", "text", "refused")
    plain(data, "", "no-kind", "refused")
    plain(data, "\x1b[2J", "kind-with-controls", "refused")
    bomb = gzip.compress(bytes(1 << 24), 9) * 16  # 256 MiB of zeros: padding behind the archive's end
    plain(gzip.compress(data) + bomb, LAYER + "+gzip", "gzip-padding", "refused")


def put_layer(layout, blob, kind, plain):
    layout.manifest["layers"] = [layout.put(layout.root, LAYER), layout.put(blob, kind)]
    layout.config["rootfs"]["diff_ids"] = [sha(layout.root), sha(plain)]
    layout.write()


def descriptors(canary):
    """Descriptors: digests, sizes and kinds that lie."""
    def change(where, name, expected=None, **fields):
        def write(layout):
            manifest = layout.finish_manifest()
            if where == "layer":
                manifest["layers"][0].update(fields)
            elif where == "config":
                manifest["config"].update(fields)
            described = layout.put_json(manifest, MANIFEST)
            if where == "manifest":
                described.update(fields)
            layout.index["manifests"] = [described]
            layout.write()

        case(expected or "refused", f"{where}-{name}", write)

    for where in ("layer", "config", "manifest"):
        for name, digest in {"up": f"sha256:../../../../..{canary}/secret", "absolute": f"sha256:{canary}/secret", "short": "sha256:00", "none": "", "other": "md5:" + "0" * 32,
                             "capitals": "sha256:" + "A" * 64, "missing": "sha256:" + "0" * 64, "controls": "sha256:\x1b[2J\n", "number": 7, "option": "--help"}.items():
            if where == "layer" or name in ("up", "missing", "number"):
                change(where, f"digest-{name}", digest=digest)
        for name, size in {"small": 1, "large": 1 << 40, "negative": -5, "text": "5", "fraction": 1.5, "beyond": 1 << 70}.items():
            if where == "layer" or name in ("small", "text"):
                change(where, f"size-{name}", SIZES.get((where, name)), size=size)
    change("layer", "urls", urls=["http://127.0.0.1:1/x", "file:///etc/shadow", f"file://{canary}/secret"])
    change("config", "kind", mediaType="text/html")
    change("manifest", "kind-index", mediaType=INDEX)
    change("manifest", "kind-text", mediaType="text/plain")
    change("manifest", "kind-schema1", mediaType="application/vnd.docker.distribution.manifest.v1+json")
    change("manifest", "data", "contained", data=base64.b64encode(b"other").decode())
    change("manifest", "platform", "contained", platform={"os": "windows", "architecture": "\x1b[2J"})


# Content is known by its digest alone.
SIZES = dict.fromkeys([("layer", "small"), ("layer", "large"), ("layer", "negative"), ("manifest", "small")], "contained")


def documents(canary):
    """index.json, manifest and configuration of other shapes."""
    deep = b"[" * 100000
    for name, text in {"empty": b"", "no-json": b"what", "null": b"null", "list": b"[]", "text": b'"x"', "deep": deep, "deep-inside": b'{"manifests":' + deep, "spaces": b" " * 5000000,
                       "no-manifests": b'{"schemaVersion":2}', "manifests-text": b'{"schemaVersion":2,"manifests":"x"}', "manifests-empty": b'{"schemaVersion":2,"manifests":[]}',
                       "manifests-null": b'{"schemaVersion":2,"manifests":[null]}', "not-utf8": b'{"schemaVersion":2,"manifests":["\xff"]}', "nul": b'{"a":"\0"}'}.items():
        case("refused", f"index-{name}", lambda layout, text=text: layout.write(text))
        if name in ("empty", "no-json", "null", "deep", "spaces", "not-utf8"):
            case("refused", f"manifest-{name}", lambda layout, text=text: one_manifest(layout, text))
        if name in ("empty", "no-json", "list", "deep"):
            case("refused", f"config-{name}", lambda layout, text=text: one_config(layout, text))
    case("refused", "index-thousand", lambda layout: layout.write(json.dumps({"schemaVersion": 2, "manifests": [layout.put_json(layout.finish_manifest(), MANIFEST)] * 1000}).encode()))
    case("refused", "index-chain", index_chain)
    case("refused", "index-loop", index_loop)
    case("contained", "manifest-no-layers", lambda layout: (layout.manifest.update(layers=[]), layout.config["rootfs"].update(diff_ids=[]), layout.write()))
    case("contained", "manifest-layers-null", lambda layout: (layout.manifest.update(layers=None), layout.write()))
    case("contained", "manifest-huge", lambda layout: (layout.manifest.update(annotations={"x": "y" * 8000000}), layout.write()))
    case("contained", "manifest-annotations", lambda layout: (layout.manifest.update(annotations={"\x1b[2J": "\x1b[2J\n"}), layout.write()))
    case("contained", "layers-many", lambda layout: (layout.layers.extend([(tar_of([entry(f"n{i}", b"x")]), LAYER) for i in range(40)]), layout.write()))
    for name, fields in {"ids-few": {"diff_ids": []}, "ids-many": {"diff_ids": ["sha256:" + "0" * 64] * 5}, "ids-wrong": {"diff_ids": ["sha256:" + "0" * 64]}, "ids-text": {"diff_ids": "x"}}.items():
        case("refused", f"config-{name}", lambda layout, fields=fields: (layout.config["rootfs"].update(fields), layout.write()))
    many = [f"V{i}=x" for i in range(20000)]
    for name, (expected, env) in {
        "controls": ("contained", ["A=\x1b]0;x\x07", "B=a\nb", "\x1b[2J=x"]), "names": ("contained", ["=x", "A", "A B=c", "-x=y", "A\nB=c"]), "loader": ("contained", ["LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil"]),
        "own": ("contained", ["CARGO_HOME=/evil", "HOME=/evil", "MAKEFLAGS=--eval=x", "LARDER_STORE=/evil"]), "path": ("contained", ["PATH=/evil:\x1b[2J"]), "many": ("contained", many),
        "long": ("contained", ["A=" + "x" * 3000000]), "null": ("refused", None), "number": ("refused", 7), "numbers": ("refused", [1, None, {}]),
    }.items():
        case(ENVS.get(name, expected), f"env-{name}", lambda layout, env=env: (layout.config["config"].update(Env=env), layout.write()))
    for name, fields in {"other": {"architecture": "s390x"}, "controls": {"architecture": "\x1b[2J\nerror: x"}, "none": {"architecture": ""}, "number": {"architecture": 7}, "windows": {"os": "windows"}}.items():
        case(MACHINES.get(name, "refused"), f"machine-{name}", lambda layout, fields=fields: (layout.config.update(fields), layout.write()))


ENVS, MACHINES = {"null": "contained", "long": "refused"}, dict.fromkeys(("none", "windows"), "contained")


def one_manifest(layout, text):
    layout.index["manifests"] = [layout.put_json(text, MANIFEST)]
    layout.write()


def one_config(layout, text):
    layout.finish_manifest()["config"] = layout.put_json(text, CONFIG)
    layout.write()


def index_chain(layout):
    described = layout.put_json(layout.finish_manifest(), MANIFEST)
    for _ in range(300):
        described = layout.put_json({"schemaVersion": 2, "manifests": [described]}, INDEX)
    layout.index["manifests"] = [described]
    layout.write()


def index_loop(layout):
    """Two indexes that name each other: one of the digests lies."""
    name = "sha256:" + "1" * 64
    text = json.dumps({"schemaVersion": 2, "manifests": [{"mediaType": INDEX, "digest": name, "size": 1}]}).encode()
    (layout.blobs / ("1" * 64)).write_bytes(text)
    layout.index["manifests"] = [{"mediaType": INDEX, "digest": name, "size": len(text)}]
    layout.write()


def files(canary):
    """The layout's own files as something else than files."""
    def replace(name, pick, make):
        def write(layout):
            layout.write()
            path = pick(layout)
            path.unlink()
            make(path)

        case("contained" if name.startswith("mark-") else "refused", name, write)

    pick_layer = lambda layout: layout.blobs / layout.manifest["layers"][0]["digest"][7:]
    pick_config = lambda layout: layout.blobs / layout.manifest["config"]["digest"][7:]
    for name, pick in {"index": lambda layout: layout.path / "index.json", "mark": lambda layout: layout.path / "oci-layout", "layer": pick_layer, "config": pick_config}.items():
        if name == "mark":  # which nobody reads
            replace(f"{name}-fifo", pick, os.mkfifo)
            continue
        replace(f"{name}-gone", pick, lambda path: None)
        replace(f"{name}-fifo", pick, os.mkfifo)
        replace(f"{name}-folder", pick, lambda path: path.mkdir())
        replace(f"{name}-endless", pick, lambda path: path.symlink_to("/dev/zero"))
        replace(f"{name}-secret", pick, lambda path: path.symlink_to(f"{canary}/secret"))
    case("contained", "mark-version", lambda layout: (layout.write(), (layout.path / "oci-layout").write_text('{"imageLayoutVersion": "99"}')))
    case("refused", "layer-one-byte", lambda layout: (layout.write(), flip(pick_layer(layout))))
    case("refused", "config-one-byte", lambda layout: (layout.write(), flip(pick_config(layout))))


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def state_of(canary):
    """All that could be changed outside."""
    found = []
    for path in sorted(Path(canary).rglob("*")) + [Path(canary)]:
        status = path.lstat()
        found.append((str(path), status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    return found, (Path(canary) / "secret").read_bytes()


class Run:
    def __init__(self, larder, place, root, canary):
        self.larder, self.place, self.root, self.canary = larder, Path(place), Path(root).read_bytes(), canary
        self.before = state_of(canary)

    def one(self, name):
        """Prepares the image. Gives (outcome, seconds, MiB, what is wrong)."""
        layout = Layout(self.place / name, self.root)
        CASES[name][1](layout)
        project = self.place / f"project-{name}"
        project.mkdir()
        (project / "Makefile").write_text("all:\n\ttrue\n")
        (project / "larder.toml").write_text(f'[build]\nimage = "oci:../{name}"\n')
        begin = time.monotonic()
        with open(project / "said", "wb") as said:
            process = subprocess.Popen([self.larder, "image", "build", "-C", project], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0 and time.monotonic() - begin < SECONDS_MAX:
                time.sleep(0.01)
            late = ended[0] == 0
            if late:
                process.kill()
                ended = os.wait4(process.pid, 0)
        process.returncode = status = os.waitstatus_to_exitcode(ended[1])
        seconds, mib = time.monotonic() - begin, ended[2].ru_maxrss // 1024
        text = (project / "said").read_bytes()
        return self.judge(name, status, text, late, seconds, mib)

    def judge(self, name, status, text, late, seconds, mib):
        lines = text.decode(errors="replace").split("\n")
        errors = [line for line in lines if line.startswith("error:")]
        wrong = []
        outcome = "contained" if status == 0 else "refused"
        if late:
            wrong.append(f"not over after {SECONDS_MAX} s")
        elif status not in (0, 2, 3) or (status and (len(errors) != 1 or not any(line.startswith("hint:") for line in lines))):
            wrong.append(f"no clear error: exit code {status}, {text[-600:]!r}")
        if any(byte < 0x20 and byte not in (9, 10) for byte in text) or b"\x7f" in text:
            wrong.append(f"controls in what is said: {text[-600:]!r}")
        if len(lines) > LINES_MAX:
            wrong.append(f"{len(lines)} lines")
        if mib > MEMORY_MIB_MAX:
            wrong.append(f"{mib} MiB")
        if state_of(self.canary) != self.before:
            wrong.append("something outside has changed")
        if not late and outcome != CASES[name][0]:
            wrong.append(f"{outcome}, not {CASES[name][0]}: {text[-600:]!r}")
        return outcome, seconds, mib, (errors[0] if errors else ""), wrong


def main():
    larder, place, root, canary, *names = sys.argv[1:]
    groups = [layers, files] if SHORT else [layers, files, compression, descriptors, documents]
    for group in groups:
        group(canary)
    run = Run(larder, place, root, canary)
    names = names or list(CASES)
    sums, failed, slowest, largest = {"refused": 0, "contained": 0}, 0, (0, ""), (0, "")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, (outcome, seconds, mib, error, wrong) in zip(names, pool.map(run.one, names)):
            print(f"{name:28} {outcome:10} {error[:110]}")
            for one in wrong:
                print(f"    WRONG: {one}")
            sums[outcome] += 1
            failed += bool(wrong)
            slowest, largest = max(slowest, (round(seconds, 1), name)), max(largest, (mib, name))
    print(f"{len(names)} layouts: {sums['refused']} refused, {sums['contained']} contained, {failed} wrong; slowest {slowest[0]} s ({slowest[1]}), most memory {largest[0]} MiB ({largest[1]})")
    sys.exit(bool(failed) or (len(sys.argv) == 5 and len(names) < (120 if SHORT else 150)))


if __name__ == "__main__":
    main()
