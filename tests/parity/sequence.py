"""Sequences of actions: made at random, played again, made shorter."""

import random
import time
from dataclasses import dataclass

import actions
import recipes
from world import Failure, World

LENGTHS = [5, 15, 15, 40]  # builds in a sequence
MUTATIONS = [0, 1, 1, 1, 2, 2, 4]  # actions before a build


@dataclass
class Played:
    lines: list
    steps: int
    failure: Failure = None


def features_of(recipe):
    return sorted(path.name for path in (recipes.PROJECTS / recipe).iterdir() if path.name != "base")


class Play:
    """One sequence under way, in a world of its own."""

    def __init__(self, folder, recipe, larder, judge, say=lambda line: None):
        self.world = World(folder, recipe, larder, judge)
        self.played = Played([], 0)
        self._say = say
        self._begun = False

    def do(self, line):
        """One line; false when it has failed."""
        self.played.lines.append(line)
        self._say(line)
        if line.startswith("with "):
            self.world.features.append(line.split()[1])
            return True
        if not self._begun:
            self.world.begin()
            self._begun = True
        self.played.failure = actions.perform(self.world, line)
        self.played.steps += line.startswith("build ")
        return not self.played.failure

    def draw(self, rng):
        """A random action that fits, as a line."""
        weights = [weight * (8 if name == "mend" and not self.world.whole else 1) for weight, name, _ in actions.PROPOSALS]
        while True:
            _, name, propose = rng.choices(actions.PROPOSALS, weights)[0]
            arguments = propose(self.world, rng)
            if arguments is not None:
                return " ".join(map(str, [name, *arguments]))


def play_random(play, seed, limit):
    """Plays a new sequence of at most `limit` builds, to its first failure."""
    rng = random.Random(seed)
    for feature in features_of(play.world.recipe):
        if rng.random() < 0.4:
            play.do(f"with {feature}")
    builds = min(limit, rng.choice(LENGTHS))
    good = play.do(_build_line(play, rng))
    while good and play.played.steps < builds:
        mutations = rng.choice(MUTATIONS)
        good = all(play.do(play.draw(rng)) for _ in range(mutations)) and play.do(_build_line(play, rng))
    return play.played


def _build_line(play, rng):
    return " ".join(["build", *actions.some_targets(play.world, rng)])


def play_lines(play, lines):
    """Plays lines to the first failure."""
    for line in lines:
        if not play.do(line):
            break
    return play.played


def shorten(lines, fails, seconds):
    """Delta debugging: the shortest list that was found in that time for which `fails` gives its lines up to the failure.

    `fails` takes lines and gives those to the failure, or None.
    """
    end = time.monotonic() + seconds
    size = max(1, len(lines) // 2)
    while time.monotonic() < end:
        found = _without_a_piece(lines, size, fails, end)
        if found:
            lines = found
            size = max(1, min(size, len(lines) // 2))
        elif size == 1:
            break
        else:
            size = max(1, size // 2)
    return lines


def _without_a_piece(lines, size, fails, end):
    """The lines without a piece of that size, the last of all but the build that fails tried last; or None."""
    for start in range(0, len(lines) - 1, size):
        if time.monotonic() > end:
            return None
        found = fails(lines[:start] + lines[min(start + size, len(lines) - 1):])
        if found:
            return found
    return None
