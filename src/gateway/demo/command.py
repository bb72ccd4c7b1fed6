"""`demo`, as the command line knows it."""

import sys
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from gateway.cli.errors import explained
from gateway.demo.past import fill
from gateway.demo.story import play
from gateway.settings import Settings

LOG_WIDTH = 120  # where no terminal sets one


def demo(
    *,
    url: Annotated[str, typer.Option(help="Where the gateway answers")] = "http://127.0.0.1:8000",
    workspace: Annotated[str, typer.Option(help="Workspace by name")] = "default",
    history: Annotated[
        bool, typer.Option("--history", help="Fill a new workspace with a past, for the reports")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=1_000, help="Length of that past")] = 365,
    conversations: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="So many, less those not over yet")
    ] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same past")] = 1,
) -> None:
    """Send real input through all four doors of a running gateway, and show what becomes of it.

    With --history nothing is sent: a past is written into the database of a new workspace.
    """
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    with explained():
        if not history:
            uvloop.run(play(Settings(), url.rstrip("/"), workspace, console))
            return
        filled = uvloop.run(fill(Settings(), workspace, days, conversations, seed))
        console.print(
            f"{filled.conversations:,} conversations, {filled.events:,} events, figures counted. "
            f"Log in at {url.rstrip('/')}/desk as {filled.email} with {filled.password}",
            soft_wrap=True,
            highlight=False,
        )
