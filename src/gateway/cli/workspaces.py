"""`workspaces`: tenants, for those who have more than the default one."""

from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from gateway.access.tokens import Role, issue
from gateway.cli.errors import explained
from gateway.database.opening import opened
from gateway.database.schema import Workspace
from gateway.first_start import create_workspace
from gateway.settings import Settings

app = typer.Typer(help="Workspaces: separate teams on one installation.")


@app.command()
def create(name: Annotated[str, typer.Argument(help="A name that is not taken")]) -> None:
    """Make a workspace with its two queues, and print its first admin key, once."""

    async def run() -> None:
        async with (
            opened(Settings(), "sportello-workspaces") as database,
            database.database.transaction() as session,
        ):
            if await session.scalar(select(Workspace.id).where(Workspace.name == name)):
                typer.echo(f"a workspace is called {name!r} already", err=True)
                raise typer.Exit(1)
            workspace = await create_workspace(session, name)
            key = await issue(session, workspace.id, name="First admin key", role=Role.ADMIN)
        typer.echo(key.secret)

    with explained():
        uvloop.run(run())


@app.command("list")
def list_() -> None:
    """Show all workspaces."""

    async def run() -> None:
        async with (
            opened(Settings(), "sportello-workspaces") as database,
            database.database.transaction() as session,
        ):
            table = Table("id", "name", "created")
            for row in await session.scalars(select(Workspace).order_by(Workspace.id)):
                table.add_row(str(row.id), row.name, f"{row.created_at:%Y-%m-%d %H:%M}")
        Console().print(table)

    with explained():
        uvloop.run(run())
