"""The table of results: each figure with its goal, and whether it was met."""

from dataclasses import asdict, dataclass, field
from typing import List, Optional

from timing import median, spread

FORMATS = {"ms": "{:.1f} ms", "s": "{:.2f} s", "times": "{:.2f} ×", "percent": "{:+.1f} %", "us": "{:.0f} µs", "GB": "{:.2f} GB"}


@dataclass
class Figure:
    """The median of `samples`. The goal, if there is one, is an upper limit."""

    name: str
    unit: str
    samples: List[float] = field(default_factory=list)
    goal: Optional[float] = None
    skipped: str = ""

    @property
    def value(self):
        return median(self.samples)

    @property
    def met(self):
        return None if self.goal is None or self.skipped else self.value <= self.goal

    def text(self, value):
        return FORMATS[self.unit].format(value)

    def row(self):
        if self.skipped:
            return [self.name, "skipped", "", "", self.skipped]
        low, high = spread(self.samples)
        goal = "" if self.goal is None else "≤ " + self.text(self.goal)
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return [self.name, self.text(self.value), f"{self.text(low)} … {self.text(high)}", goal, verdict]

    def to_json(self):
        data = asdict(self)
        if not self.skipped:
            data.update(median=self.value, quartiles=spread(self.samples), met=self.met)
        return data


def table(figures):
    rows = [["figure", "median", "quartiles", "goal", ""]] + [figure.row() for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([cell.ljust(width) for cell, width in zip(row, widths)] + row[4:]).rstrip() for row in rows]
    return "\n".join(lines)
