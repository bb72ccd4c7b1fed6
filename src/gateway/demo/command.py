"""`demo`, as the command line knows it."""

import sys
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from gateway.cli.errors import explained
from gateway.demo.story import play
from gateway.settings import Settings

LOG_WIDTH = 120  # where no terminal sets one


def demo(
    url: Annotated[str, typer.Option(help="Where the gateway answers")] = "http://127.0.0.1:8000",
    workspace: Annotated[str, typer.Option(help="Workspace by name")] = "default",
) -> None:
    """Send real input through all four doors of a running gateway, and show what becomes of it."""
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    with explained():
        uvloop.run(play(Settings(), url.rstrip("/"), workspace, console))
