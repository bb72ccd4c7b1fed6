"""Messages made shorter while the engine goes on to confirm what they show."""

from collections.abc import Callable, Iterator

from routing.analysis.book import Run
from routing.facts import Facts, FactValue


def shortened(run: Run, shows: Callable[[Run], bool]) -> Facts | None:
    """Leave out what is not needed for the engine to do as before; None if it never did."""
    if not shows(run):
        return None
    for name in sorted(run.facts):
        for simpler in _simpler(run.facts, name):
            tried = Run(run.book, simpler)
            if shows(tried):
                run = tried
    return run.facts


def _simpler(facts: Facts, name: str) -> Iterator[Facts]:
    known: dict[str, FactValue | None] = dict(facts)
    value = facts[name]
    yield Facts(known | {name: None})
    if isinstance(value, frozenset):
        for tag in sorted(value):
            known = known | {name: frozenset(value) - {tag}}
            yield Facts(known)
