"""Reports as tables for people: one day in full, several side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from gateway.simulator.day import Day
from routing.simulation import Report
from routing.simulation.report import Load, Service


def in_full(day: Day, report: Report) -> Group:
    """Everything about one day."""
    return Group(
        Text(day.name, style="bold"),
        *(Text(note, style="dim") for note in day.notes),
        _services("queue", report.by_queue),
        _services("priority", report.by_priority),
        _services("channel", report.by_kind),
        _services("hour", report.by_hour, whole=report.whole),
        _loads(report.agents),
        _counts([("", report)]),
    )


def side_by_side(days: Iterable[tuple[Day, Report]]) -> Group:
    """What differs between days: a column for each."""
    played = list(days)
    table = _table("", *(day.name for day, _ in played))
    for name, figure in _FIGURES.items():
        table.add_row(name, *(figure(report.whole) for _, report in played))
    queues = sorted({name for _, report in played for name in report.by_queue})
    for queue in queues:
        cells = [report.by_queue.get(queue) for _, report in played]
        table.add_row(f"{queue}: in time", *(_share(s.service_level if s else None) for s in cells))
        table.add_row(f"{queue}: p90", *(_length(s.waits.p90 if s else None) for s in cells))
    table.add_row("occupancy", *(_share(report.occupancy) for _, report in played))
    return Group(table, _counts([(day.name, report) for day, report in played]))


_SERVICE = (
    *("arrived", "answered", "gave up", "waiting", "in time"),
    *("mean", "p50", "p90", "p99", "longest"),
)

_FIGURES: Mapping[str, Callable[[Service], str]] = {
    "arrived": lambda whole: f"{whole.arrived:,}",
    "answered": lambda whole: f"{whole.answered:,}",
    "gave up": lambda whole: f"{whole.gave_up:,}",
    "still waiting": lambda whole: f"{whole.still_waiting:,}",
    "in time": lambda whole: _share(whole.service_level),
    "mean wait": lambda whole: _length(whole.waits.mean),
    "p90": lambda whole: _length(whole.waits.p90),
    "longest": lambda whole: _length(whole.waits.longest),
}


def _services(what: str, services: Mapping[str, Service], *, whole: Service | None = None) -> Table:
    table = _table(what, *_SERVICE)
    for name, service in services.items():
        table.add_row(name, *_cells(service))
    if whole:
        table.add_section()
        table.add_row("all", *_cells(whole))
    return table


def _table(what: str, *columns: str) -> Table:
    table = Table(what, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(service: Service) -> list[str]:
    waits = service.waits
    lengths = (waits.mean, waits.p50, waits.p90, waits.p99, waits.longest)
    counts = (service.arrived, service.answered, service.gave_up, service.still_waiting)
    return [
        *(f"{count:,}" for count in counts),
        _share(service.service_level),
        *(_length(each) for each in lengths),
    ]


def _loads(loads: Sequence[Load]) -> Table:
    table = _table("agent", "hours", "answered", "occupancy")
    for load in loads:
        table.add_row(load.name, f"{load.hours:.1f}", f"{load.answered:,}", _share(load.occupancy))
    return table


def _counts(reports: Sequence[tuple[str, Report]]) -> Table:
    table = _table("how often", *(name for name, _ in reports))
    for name in ("most_waiting", "overtakes", "overflows", "reservations", "declined", "expired"):
        cells = (f"{getattr(report, name):,}" for _, report in reports)
        table.add_row(name.replace("_", " "), *cells)
    overtakes = (_length(report.longest_overtake) for _, report in reports)
    table.add_row("longest overtake", *overtakes)
    return table


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _length(seconds: float | None) -> str:
    """`2:05` are minutes and seconds, `1:02:05` hours too."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
