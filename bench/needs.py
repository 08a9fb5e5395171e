"""What the scenes need of this machine, asked before the first of them begins."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
EXAMPLES = "examples/packages.txt"
PROJECT = ("run", "rust", EXAMPLES)  # the example project, by cargo beside Larder
GROUPS = {
    "start": ("run",),
    "noop": PROJECT,
    "cold": PROJECT,
    "seal": ("run",),
    "settle": PROJECT,
    "reopen": ("run",),
    "containers": ("run",),
    "content": ("run", "rust", "images"),
    "images": ("run", "images"),
    "original": PROJECT,
}
ENGINES = ("start", "containers", "images", "original")  # scenes with container engines, which are measured as root only
MUSL = ("larder-rust-std-musl-x64", "larder-rust-std-musl-arm64")
CARGO = "/usr/local/bin/cargo"


def missing(scenes):
    """Lines that say what is missing and how to get it; none if all is there."""
    groups = sorted({group for scene in scenes for group in GROUPS[scene]})
    if os.geteuid() == 0 and set(scenes) & set(ENGINES):
        groups.append("engines")
    install = [f"{ROOT}/scripts/install-packages"]
    asked = subprocess.run([*install, "--check", *groups], cwd=ROOT, capture_output=True, text=True, check=False)
    lines = []
    if asked.returncode != 0:
        names = ", ".join(asked.stdout.split()) or asked.stderr.strip()
        lines.append(f"missing packages: {names}\n    scripts/install-packages {' '.join(groups)}")
    if "original" in scenes:
        if not os.path.exists(CARGO):
            lines.append(f"{CARGO} is missing\n    recipes/scripts/debian-cargo")
        if subprocess.run(["dpkg-query", "--show", *MUSL], capture_output=True, check=False).returncode != 0:
            lines.append("Rust's standard library for musl is missing\n    scripts/install-rust-musl")
    return lines
