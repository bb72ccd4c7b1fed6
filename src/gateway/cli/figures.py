"""`figures`: how well the team serves, and counting it anew."""

from datetime import timedelta
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from gateway.cli.errors import explained
from gateway.cli.keys import WorkspaceName, workspace_id_of
from gateway.database.connections import fetch_in
from gateway.database.opening import opened
from gateway.figures import counting
from gateway.figures.definitions import DEFINITIONS, Definition
from gateway.figures.progress import read_progress
from gateway.figures.reading import Asked, Reading, Readings, read
from gateway.settings import Settings

app = typer.Typer(help="Figures of the service: show them, count them anew.")

DAYS_MOST = 3_660


@app.command()
def show(
    *,
    workspace: WorkspaceName = "default",
    days: Annotated[int, typer.Option(min=1, max=DAYS_MOST, help="So many until today")] = 28,
) -> None:
    """Show all figures of the last days beside those of as many days before."""

    async def run() -> None:
        async with (
            opened(Settings(), "sportello-figures") as database,
            database.database.transaction() as session,
        ):
            workspace_id = await workspace_id_of(session, workspace)
            progress = await read_progress(session, workspace_id)
            until = progress.today + timedelta(days=1)
            asked = Asked(
                since=until - timedelta(days=days), until=until, clock="wall", zone=progress.zone
            )
            every = list(DEFINITIONS.values())
            readings = await read(await fetch_in(session), workspace_id, every, asked)
        Console().print(_table(readings, asked))
        if progress.behind:
            typer.echo(f"{progress.behind} events are not counted yet")

    with explained():
        uvloop.run(run())


@app.command()
def recompute(*, workspace: WorkspaceName = "default") -> None:
    """Forget what was counted of a workspace, and count its whole log anew."""

    async def run() -> None:
        async with opened(Settings(), "sportello-figures") as found:
            database = found.database
            async with database.transaction() as session:
                workspace_id = await workspace_id_of(session, workspace)
            await counting.recount(database, workspace_id)
            async with database.transaction() as session:
                progress = await read_progress(session, workspace_id)
        typer.echo(f"counted; {progress.behind} events are left")

    with explained():
        uvloop.run(run())


def _table(readings: Readings, asked: Asked) -> Table:
    last = asked.until - timedelta(days=1)
    table = Table("figure", "now", "before", "cases", title=f"{asked.since} to {last}")
    for name, definition in DEFINITIONS.items():
        now, before = readings[name].get("", (Reading(), Reading()))
        told = [_told(definition, each) for each in (now, before)]
        table.add_row(definition.title, *told, f"{now.cases:,}")
    return table


def _told(definition: Definition, reading: Reading) -> str:
    value = reading.value(definition)
    if value is None:
        return "-"
    if definition.unit == "share":
        return f"{value:.1%}"
    return str(timedelta(seconds=round(value))) if definition.unit == "seconds" else f"{value:,.0f}"
