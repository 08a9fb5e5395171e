"""What a sequence is made of. An action is a line of words: the name of a function here, and its arguments.

Each action comes with a proposal, which draws arguments that fit the world as it is, and with a weight.
"""

import os
import shutil
import signal
import subprocess
import time

from world import HOUR, OLD, VALUE, Skip

ACTIONS = {}    # name -> function of a world and arguments
PROPOSALS = []  # (weight, name, function of a world and a random number generator that gives arguments, or None)
LETTERS = "abcdef"
BRANCHES = ["main", "topic", "other"]
FOLDERS = ["one", "two", "three"]


def action(weight=0, propose=None):
    def register(function):
        name = function.__name__.replace("_", "-")
        ACTIONS[name] = function
        if weight:
            PROPOSALS.append((weight, name, propose))
        return function
    return register


def perform(world, line):
    """Does what the line says; gives the Failure of Larder, or None. What does not fit is skipped."""
    name, *arguments = line.split()
    try:
        return ACTIONS[name](world, *arguments)
    except Skip:
        return None


# Files


def some_file(world, rng):
    names = world.names()
    return [rng.choice(names)] if names else None


def some_edit(world, rng):
    file = some_file(world, rng)
    return file and [*file, rng.randint(1000, 9999), rng.choice(["now", "now", "now", "old", "future", "same", "renamed"])]


def set_time(path, when, before):
    moments = {"old": OLD * 10**9, "future": (int(time.time()) + HOUR) * 10**9, "same": before}
    if when in moments:
        os.utime(path, ns=(moments[when], moments[when]), follow_symlinks=False)


@action(30, some_edit)
def edit(world, name, value, when):
    """Writes another value: with the present time, another, the one that it had; or into a new file, as editors do."""
    path = world.existing(name)
    before = path.stat().st_mtime_ns
    text = VALUE.sub(value.encode(), path.read_bytes(), count=1)
    if when == "renamed":
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(text)
        fresh.replace(path)
        return
    path.write_bytes(text)
    set_time(path, when, before)


def some_time(world, rng):
    file = some_file(world, rng)
    return file and [*file, rng.choice(["now", "old", "future"])]


@action(6, some_time)
def touch(world, name, when):
    path = world.existing(name)
    os.utime(path)
    set_time(path, when, None)


def some_mode(world, rng):
    file = some_file(world, rng)
    return file and [*file, rng.choice(["644", "755", "600"])]


@action(4, some_mode)
def chmod(world, name, mode):
    world.existing(name).chmod(int(mode, 8))


def existing_parts(world):
    return [letter for letter in LETTERS if all(world.path(name).exists() for name in world.part_files(letter))]


def old_part(world, rng):
    parts = existing_parts(world)
    return [rng.choice(parts)] if parts else None


def new_part(world, rng):
    free = sorted(set(LETTERS) - set(existing_parts(world)))
    return [rng.choice(free), rng.randint(1000, 9999), rng.choice(["now", "old"])] if free else None


@action(6, new_part)
def add(world, part, value, when):
    """Adds a part, with another value; `old`: its files are older than any build."""
    for name, model in zip(world.part_files(part), world.part_files("a")):
        text = world.template()[model].read_bytes().replace(b"part_a", b"part_" + part.encode())
        path = world.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(VALUE.sub(value.encode(), text, count=1))
        set_time(path, when, None)


@action(6, old_part)
def drop(world, part):
    """Deletes a part; the project stays whole."""
    for name in world.part_files(part):
        world.path(name).unlink(missing_ok=True)


def some_rename(world, rng):
    part, free = old_part(world, rng), new_part(world, rng)
    return [*part, free[0]] if part and free else None


@action(5, some_rename)
def rename(world, part, other):
    """Renames a part's main file, which says its own name."""
    old, new = world.path(world.part_files(part)[0]), world.path(world.part_files(other)[0])
    if not old.exists():
        raise Skip
    old.rename(new)


def two_parts(world, rng):
    parts = existing_parts(world)
    return rng.sample(parts, 2) if len(parts) > 1 else None


@action(4, two_parts)
def swap(world, part, other):
    """Two files with values change places, with their times."""
    one, two = (world.path(world.part_files(letter)[-1]) for letter in (part, other))
    if not (one.exists() and two.exists()):
        raise Skip
    aside = one.with_name("aside")
    one.rename(aside)
    two.rename(one)
    aside.rename(two)


def any_file(world, rng):
    names = [name for name in world.names() if name not in ("Makefile", "CMakeLists.txt")]
    return [rng.choice(names)] if names and world.whole else None


@action(3, any_file)
def delete(world, name):
    """Mostly something that the project needs: the build has to fail."""
    world.existing(name).unlink()


@action(1, lambda world, rng: [])
def mend(world):
    """Brings back what is missing of the project's first files, but for parts."""
    parts = {name for letter in LETTERS for name in world.part_files(letter)}
    for name, source in world.template().items():
        path = world.path(name)
        if name not in parts and not path.exists() and not path.is_symlink():
            world.copy_template(source, name)


@action(6, lambda world, rng: [rng.choice("ab")])
def retarget(world, variant):
    """Lets the link lead to another folder, whose files may be older than the last build."""
    link = world.path("variants/current")
    if not link.parent.is_dir():
        raise Skip
    link.unlink(missing_ok=True)
    link.symlink_to(variant)


def has_config(world):
    return "config" in world.features


def is_c(world):
    return world.path("src/main.c").exists()


def write_header(world, name, definition, when):
    path = world.path(name)
    path.write_text(f"#define {definition}\n")
    set_time(path, when, None)


@action(8, lambda world, rng: [rng.randint(1000, 9999), rng.choice(["now", "old"])] if has_config(world) else None)
def write_config(world, value, when):
    """The user's own header, where else a rule makes one."""
    if not has_config(world):
        raise Skip
    write_header(world, "config.h", f"CONFIG_VALUE {value}", when)


@action(4, lambda world, rng: [] if has_config(world) and world.path("config.h").exists() else None)
def drop_config(world):
    world.path("config.h").unlink(missing_ok=True)


@action(6, lambda world, rng: [rng.randint(1000, 9999), rng.choice(["now", "old"])] if is_c(world) else None)
def shadow(world, value, when):
    """A header that `variant.h` means from then on, as it lies beside the source that names it."""
    if not is_c(world):
        raise Skip
    write_header(world, "src/variant.h", f"VARIANT_VALUE {value}", when)


@action(4, lambda world, rng: [] if world.path("src/variant.h").exists() else None)
def drop_shadow(world):
    world.path("src/variant.h").unlink(missing_ok=True)


# Copies of the project


def copy_of(world, number, ending=""):
    return world.root / f"snapshot-{number}{ending}"


def everything(folder):
    return [path for path in folder.iterdir() if path.name != ".git"]


def empty(folder):
    for path in everything(folder):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@action(4, lambda world, rng: [rng.randint(1, 3)])
def snapshot(world, number):
    """Copies all of the folder, results too, with times; and packs it."""
    copy = copy_of(world, number)
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    subprocess.run(["cp", "-a", *everything(world.folder), copy], check=False)
    subprocess.run(["tar", "-cf", copy_of(world, number, ".tar"), "--exclude=./.git", "."], cwd=world.folder, check=False)


def some_copy(world, rng):
    known = [number for number in (1, 2, 3) if copy_of(world, number).exists()]
    return [rng.choice(known)] if known else None


@action(5, some_copy)
def replace(world, number):
    """Another copy takes the folder's place."""
    copy = copy_of(world, number)
    if not copy.exists():
        raise Skip
    empty(world.folder)
    subprocess.run(["cp", "-a", *everything(copy), world.folder], check=False)


@action(4, some_copy)
def unpack(world, number):
    """The folder is unpacked anew, at the same path."""
    archive = copy_of(world, number, ".tar")
    if not archive.exists():
        raise Skip
    empty(world.folder)
    subprocess.run(["tar", "-xf", archive], cwd=world.folder, stderr=subprocess.DEVNULL, check=False)


def some_folder(world, rng):
    known = some_copy(world, rng)
    folders = ["app", "variants", "core"] if world.recipe == "cargo" else ["src", "lib", "variants"]
    return known and [*known, rng.choice(folders)]


@action(4, some_folder)
def replace_folder(world, number, name):
    """A folder of the project is moved away, an older copy moved to its place."""
    copy = copy_of(world, number) / name
    if not copy.is_dir():
        raise Skip
    fresh = world.folder / "fresh"
    subprocess.run(["cp", "-a", copy, fresh], check=True)
    shutil.rmtree(world.path(name), ignore_errors=True)
    fresh.rename(world.path(name))


# git


@action(4, lambda world, rng: [])
def commit(world):
    world.commit()


@action(6, lambda world, rng: [rng.choice(BRANCHES)])
def switch(world, branch):
    world.commit()
    known = world.git("switch", "-q", "--ignore-other-worktrees", branch)
    known or world.git("switch", "-q", "-c", branch)


@action(4, lambda world, rng: [])
def stash(world):
    world.git("stash", "push", "-q", "--include-untracked")


@action(4, lambda world, rng: [])
def pop(world):
    if not world.git("stash", "pop", "-q"):
        world.git("reset", "-q", "--hard")


@action(3, lambda world, rng: [])
def clean(world):
    """Deletes what git ignores, results too."""
    world.git("clean", "-fdXq")


def free_folder(world, rng):
    free = [name for name in FOLDERS if name not in world.folders]
    return [rng.choice(free)] if free else None


@action(4, free_folder)
def clone(world, name):
    """The last commit is cloned elsewhere, and worked on there."""
    folder = world.root / name / "project"
    if name in world.folders or not world.git("clone", "-q", world.folder, folder):
        raise Skip
    world.open(name, folder)


@action(4, free_folder)
def worktree(world, name):
    folder = world.root / name
    if name in world.folders or not world.git("worktree", "add", "-q", "--detach", folder):
        raise Skip
    world.open(name, folder)


def another_folder(world, rng):
    others = [name for name, folder in world.folders.items() if folder != world.folder]
    return [rng.choice(others)] if others else None


@action(8, another_folder)
def go(world, name):
    if name not in world.folders:
        raise Skip
    world.folder = world.folders[name]


# Builds


def some_targets(world, rng):
    first, *rest = world.targets
    return rng.choice([[first], [first], [first, *rest], [first, *rest], rest or [first]])


@action()
def build(world, *targets):
    """The only action whose programs are compared."""
    return world.build(targets)


def stop(world, sent, delay, targets):
    world.chosen(targets)
    process = world.start("build", *targets)
    try:
        process.wait(int(delay) / 1000)
    except subprocess.TimeoutExpired:
        process.send_signal(sent)
    world.finish(process)


def some_stop(world, rng):
    return [rng.choice([10, 30, 60, 100, 200, 400, 800]), *some_targets(world, rng)]


@action(3, some_stop)
def interrupt(world, delay, *targets):
    """Ctrl-C so many milliseconds after the start."""
    stop(world, signal.SIGINT, delay, targets)


@action(3, some_stop)
def kill(world, delay, *targets):
    stop(world, signal.SIGKILL, delay, targets)


def some_mid_edit(world, rng):
    change = some_edit(world, rng)
    return change and [*change, rng.choice([10, 30, 60, 100, 200]), rng.choice([50, 200, 1000]),
                       rng.choice(["now", "same"]), *some_targets(world, rng)]


@action(5, some_mid_edit)
def edit_in_build(world, name, value, when, delay, pause, back, *targets):
    """An edit so long after the build's start, undone so much later; `same`: with the time that the file had."""
    world.chosen(targets)
    path = world.existing(name)
    text, before = path.read_bytes(), path.stat().st_mtime_ns
    process = world.start("build", *targets)
    time.sleep(int(delay) / 1000)
    edit(world, name, value, when)
    time.sleep(int(pause) / 1000)
    path.write_bytes(text)
    set_time(path, back, before)
    world.finish(process)


HOST_COMMANDS = {
    "make": [["make", "CC=cc", "CFLAGS=-O0 -g -DHOST"]],
    "cmake": [["cmake", "-S", ".", "-B", "out", "-DCMAKE_C_FLAGS=-DHOST"], ["cmake", "--build", "out"]],
    "cargo": [["cargo", "build", "--release", "--offline"]],
}


GENERATED = {"make": ["config.h"], "cmake": ["src/compiler.h"], "cargo": ["app/src/version.rs"]}


@action(5, lambda world, rng: [])
def host(world):
    """The user's own build in the folder, which leaves its objects there.

    The text that it generates is deleted again: nobody could tell it from the user's own, and what is right would depend on
    the times.
    """
    for command in HOST_COMMANDS[world.recipe]:
        subprocess.run(command, cwd=world.folder, env=world.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    for name in GENERATED[world.recipe]:
        path = world.path(name)
        if path.exists() and (name != "config.h" or "generated" in path.read_text()):
            path.unlink()


# The store


def some_target(world, rng):
    return [rng.choice(list(world.targets))]


@action(4, lambda world, rng: [*some_target(world, rng), rng.choice(["one", "one", "last-success"])])
def rollback(world, target, how):
    options = ["--last-success"] if how == "last-success" else []
    results = [world.manage("rollback", name, *options) for name in world.volumes(target)]
    return next(filter(None, results), None)


@action(2, lambda world, rng: [rng.choice([1, 2, 5])])
def prune(world, keep):
    return world.manage("prune", "--keep", keep)


@action(3, lambda world, rng: [rng.choice([2 * HOUR, -2 * HOUR])])
def clock(world, seconds):
    """As if all builds so far had been made by another clock."""
    moment = time.time() + int(seconds)
    for path in (world.root / "store/layers").glob("*/tree/**/*"):
        try:
            os.utime(path, (moment, moment), follow_symlinks=False)
        except OSError:
            continue  # the upkeep may have deleted it
