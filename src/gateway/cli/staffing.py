"""`staffing`: how many agents a wanted service takes."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway.staffing.erlang import Demand, Outlook
from gateway.staffing.needs import Aim, Needs, needs

Arrivals = Annotated[
    float, typer.Option("--arrivals", min=0, max=20_000, help="Conversations an hour")
]
Handling = Annotated[
    float, typer.Option("--handling", min=1, max=86_400, help="Mean seconds of work that one takes")
]
Patience = Annotated[
    float | None,
    typer.Option("--patience", min=1, max=14_400, help="Mean seconds until who waits gives up"),
]
Share = Annotated[
    float, typer.Option("--share", min=0.01, max=0.9999, help="Share of all to answer in time")
]
Within = Annotated[
    float, typer.Option("--within", min=1, max=86_400, help="In time: seconds of waiting")
]
Occupancy = Annotated[
    float, typer.Option("--occupancy", min=0.1, max=1, help="Busy for this share of time at most")
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", min=1, max=20, help="Conversations of an agent at once")
]
Shrinkage = Annotated[
    float, typer.Option("--shrinkage", min=0, max=0.9, help="Share of paid time that is no work")
]


def staffing(
    arrivals: Arrivals,
    handling: Handling,
    patience: Patience = None,
    share: Share = 0.8,
    within: Within = 20.0,
    occupancy: Occupancy = 1.0,
    concurrency: Concurrency = 1,
    shrinkage: Shrinkage = 0.0,
) -> None:
    """Tell how many agents answer a share of what comes in time (docs/staffing.md)."""
    demand = Demand(arrivals, handling, patience)
    _show(needs(demand, Aim(share, within, occupancy, concurrency, shrinkage)), within)


def _show(found: Needs, within: float) -> None:
    table = Table()
    for column in ("agents", f"answered in {within:g} s", "mean wait", "give up", "busy"):
        table.add_column(column, justify="right")
    for agents, outlook in found.around.items():
        table.add_row(*_cells(agents, outlook), style="bold" if agents == found.agents else None)
    console = Console()
    console.print(table)
    console.print(f"Needed at once: {found.agents}. To be rostered: {found.rostered}.")


def _cells(agents: int, outlook: Outlook) -> tuple[str, ...]:
    shares = (outlook.abandoned, outlook.occupancy)
    wait = "grows" if outlook.wait_s is None else f"{outlook.wait_s:.0f} s"
    return (str(agents), f"{outlook.answered:.1%}", wait, *(f"{share:.1%}" for share in shares))
