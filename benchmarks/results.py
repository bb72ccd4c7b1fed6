"""What a benchmark says: figures beside their limits, medians of interleaved runs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is value / limit, run by run, then the median; `target` is what it must reach.

    Without a limit the target is for the value itself.
    """

    measure: str
    value: float
    unit: str
    limit: float | None
    ratio: float | None
    target: float | None
    met: bool | None
    runs: list[float]


def compared(
    measure: str,
    unit: str,
    values: list[float],
    limits: list[float] | None = None,
    *,
    target: float | None = None,
    better: Literal["more", "less"] = "more",
) -> Figure:
    """A figure from runs that were taken in turn with those of its limit."""
    ratio = (
        median(ours / best for ours, best in zip(values, limits, strict=True)) if limits else None
    )
    judged = median(values) if ratio is None else ratio
    met = None
    if target is not None:
        met = judged >= target if better == "more" else judged <= target
    return Figure(
        measure=measure,
        value=round(median(values), 4),
        unit=unit,
        limit=round(median(limits), 4) if limits else None,
        ratio=round(ratio, 3) if ratio is not None else None,
        target=target,
        met=met,
        runs=[round(value, 4) for value in values],
    )


def publish(name: str, figures: list[Figure]) -> None:
    """Print a table and write benchmarks/results/NAME.json."""
    table = Table("measure", "value", "limit", "ratio", "target", "met", title=name)
    for figure in figures:
        table.add_row(
            figure.measure,
            f"{figure.value:,.4g} {figure.unit}",
            f"{figure.limit:,.4g}" if figure.limit is not None else "",
            f"{figure.ratio:.2f}" if figure.ratio is not None else "",
            f"{figure.target:g}" if figure.target is not None else "",
            {True: "yes", False: "no", None: ""}[figure.met],
        )
    Console().print(table)
    FOLDER.mkdir(exist_ok=True)
    document = [asdict(figure) for figure in figures]
    (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
