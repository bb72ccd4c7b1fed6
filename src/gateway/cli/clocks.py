"""`clocks`: whether SLA clocks are what the log of events says."""

from typing import Annotated

import typer
import uvloop

from gateway.cli.errors import explained
from gateway.database.opening import opened
from gateway.settings import Settings
from gateway.sla.repairing import check_clocks


def clocks(
    *, repair: Annotated[bool, typer.Option("--repair", help="Set them right")] = False
) -> None:
    """Compare all SLA clocks with the log of events; exit 1 where some differ and stay so."""

    async def run() -> None:
        async with opened(Settings(), "sportello-clocks") as database:
            number, wrong = await check_clocks(database.database, repairs=repair)
        for id_ in wrong:
            typer.echo(f"conversation {id_}: {'repaired' if repair else 'differs'}")
        typer.echo(f"{number} conversations under an SLA policy, {len(wrong)} differed")
        if wrong and not repair:
            raise typer.Exit(1)

    with explained():
        uvloop.run(run())
