"""Timing of processes, and the arithmetic on what was timed."""

import contextlib
import os
import random
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Sample:
    wall_ms: float


def run_timed(command, env=None, cwd=None, log=None):
    """Runs it to the end without output. What failed to run has no time: that is an error."""
    with open(log or os.devnull, "wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status = os.waitpid(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}" + (f", see {log}" if log else ""))
    return Sample(wall * 1e3)


@contextlib.contextmanager
def real_time_priority():
    """For this process and all that it starts: other processes' load then hardly reaches what is measured."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def interleave(rounds, actions):
    """Calls every action once a round, in another order each time, so that whatever else the machine does meets all of
    them alike. `actions` maps names to functions without arguments; gives a list of results for each name."""
    results = {name: [] for name in actions}
    order = list(actions)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            results[name].append(actions[name]())
    return results


def median(values):
    return statistics.median(values)


def spread(values):
    """The quartiles."""
    if len(values) < 2:
        return values[0], values[0]
    quarters = statistics.quantiles(values, n=4, method="inclusive")
    return quarters[0], quarters[2]


def ratios(values, base):
    """Pair by pair, as they were measured."""
    return [a / b for a, b in zip(values, base)]


def differences(values, base):
    return [a - b for a, b in zip(values, base)]
