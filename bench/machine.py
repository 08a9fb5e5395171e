"""What a reader of the figures must know about the machine."""

import os
import platform
import subprocess
import time

LOAD_LIMIT = 0.5
UNUSED_SECONDS = 300


def load():
    return os.getloadavg()[0]


def file_system(folder):
    found = subprocess.run(
        ["stat", "--file-system", "--format=%T", folder], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def facts(folder):
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "file_system": file_system(folder),
        "user": "root" if os.geteuid() == 0 else "ordinary",
        "load_before": round(load(), 2),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def wait_for_quiet(seconds):
    """Until the load has fallen below the limit, but no longer than asked."""
    end = time.monotonic() + seconds
    while load() >= LOAD_LIMIT and time.monotonic() < end:
        time.sleep(5)


def wait_until_unused(store):
    """Until no process works with this store of Larder's any more, also in the background."""
    variable = f"LARDER_STORE={store}".encode()
    for _ in range(UNUSED_SECONDS * 10):
        if not any(_has_variable(process, variable) for process in os.listdir("/proc") if process.isdigit()):
            return
        time.sleep(0.1)
    raise RuntimeError(f"something still works in {store}")


def _has_variable(process, variable):
    try:
        with open(f"/proc/{process}/environ", "rb") as file:
            return variable in file.read().split(b"\0")
    except OSError:
        return False
