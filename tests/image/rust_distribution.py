#!/usr/bin/env python3
"""Makes a distribution of Rust in rustup's format.

  rust_distribution.py FOLDER CHANNEL VERSION DATE HOST PACKAGE[@TRIPLE]=TREE...

PACKAGE is a component; TRIPLE `*` stands for all hosts; without one it is HOST. TREE is a folder as it lies in a toolchain,
which is packed once for all versions; an empty one: the package is known, and not available.
"""

import hashlib
import pathlib
import subprocess
import sys

folder, channel, version, date, host = sys.argv[1:6]
dist = pathlib.Path(folder) / "dist"
(dist / date).mkdir(parents=True, exist_ok=True)
text = f'manifest-version = "2"\ndate = "{date}"\n\n'
text += f'[pkg.rust]\nversion = "{version} (test {date})"\n\n'


def pack(package: str, triple: str, tree: pathlib.Path) -> pathlib.Path:
    """As rust-installer does: NAME/COMPONENT/…, with a list of what is in it."""
    name = f"{package.removesuffix('-preview')}-{version}" + ("" if triple == "*" else f"-{triple}")
    archive = dist / date / f"{name}.tar.xz"
    packed = pathlib.Path(folder) / "packed" / hashlib.sha256(f"{tree}".encode()).hexdigest()
    if packed.exists():
        archive.hardlink_to(packed)
        return archive
    work = pathlib.Path(folder) / "work" / name
    component = work / package
    component.mkdir(parents=True)
    subprocess.run(["cp", "-aL", f"{tree}/.", str(component)], check=True)
    (component / "manifest.in").write_text("dir:lib\n")
    (work / "components").write_text(package + "\n")
    (work / "install.sh").write_text("exit 1\n")
    subprocess.run(["tar", "-C", str(work.parent), "-I", "xz -0 -T2", "-cf", str(archive), name], check=True)
    subprocess.run(["rm", "-r", str(work)], check=True)
    packed.parent.mkdir(exist_ok=True)
    packed.hardlink_to(archive)
    return archive


versioned = set()
for word in sys.argv[6:]:
    place, tree = word.split("=", 1)
    package, _, triple = place.partition("@")
    triple = triple or host
    if package not in versioned:
        text += f'[pkg.{package}]\nversion = "{version} (test {date})"\n\n'
        versioned.add(package)
    key = '"*"' if triple == "*" else triple
    text += f"[pkg.{package}.target.{key}]\n"
    if tree:
        made = pack(package, triple, pathlib.Path(tree))
        text += f'available = true\nurl = "https://static.rust-lang.org/dist/{date}/none.tar.gz"\nhash = "none"\n'
        text += f'xz_url = "https://static.rust-lang.org/dist/{date}/{made.name}"\n'
        text += f'xz_hash = "{hashlib.sha256(made.read_bytes()).hexdigest()}"\ncomponents = []\nextensions = []\n\n'
    else:
        text += "available = false\n\n"
for new in sorted(package for package in versioned if package.endswith("-preview")):
    text += f'[renames.{new.removesuffix("-preview")}]\nto = "{new}"\n\n'
text += '[profiles]\nminimal = ["rustc", "cargo", "rust-std", "rust-mingw"]\n'
text += 'default = ["rustc", "cargo", "rust-std", "rust-mingw", "rust-docs", "rustfmt-preview"]\n'
for place in (dist / date, dist):
    manifest = place / f"channel-rust-{channel}.toml"
    manifest.write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (place / f"{manifest.name}.sha256").write_text(f"{digest}  {manifest.name}\n")
