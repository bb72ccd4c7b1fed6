"""`keys`: API keys from the command line, and the secret key itself."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.secret_box import new_key
from gateway.access.tokens import Role, issue
from gateway.cli.errors import explained
from gateway.database.opening import opened
from gateway.database.schema import AccessToken, Workspace
from gateway.settings import Settings

app = typer.Typer(help="API keys, and the key that encrypts the channels' secrets.")

WorkspaceName = Annotated[str, typer.Option(help="Workspace by name")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for")],
    role: Annotated[Role, typer.Option(help="What it may do")] = Role.ADMIN,
    workspace: WorkspaceName = "default",
) -> None:
    """Make an API key and print its secret, once."""

    async def run() -> None:
        async with (
            opened(Settings(), "sportello-keys") as database,
            database.database.transaction() as session,
        ):
            workspace_id = await workspace_id_of(session, workspace)
            token = await issue(session, workspace_id, name=name, role=role)
        typer.echo(token.secret)

    with explained():
        uvloop.run(run())


@app.command("list")
def list_(workspace: WorkspaceName = "default") -> None:
    """Show the API keys that are in force, without their secrets."""

    async def run() -> None:
        async with (
            opened(Settings(), "sportello-keys") as database,
            database.database.transaction() as session,
        ):
            statement = (
                select(AccessToken)
                .where(
                    AccessToken.workspace_id == await workspace_id_of(session, workspace),
                    AccessToken.agent_id.is_(None),
                    AccessToken.revoked_at.is_(None),
                )
                .order_by(AccessToken.id)
            )
            table = Table("id", "name", "role", "created")
            for key in await session.scalars(statement):
                table.add_row(str(key.id), key.name, key.role, f"{key.created_at:%Y-%m-%d %H:%M}")
        Console().print(table)

    with explained():
        uvloop.run(run())


@app.command()
def revoke(id: UUID, workspace: WorkspaceName = "default") -> None:  # noqa: A002 - its name outside
    """Make a key useless at once."""

    async def run() -> None:
        async with (
            opened(Settings(), "sportello-keys") as database,
            database.database.transaction() as session,
        ):
            workspace_id = await workspace_id_of(session, workspace)
            key = await session.get(AccessToken, (workspace_id, id))
            if key is None:
                typer.echo("no key has this id", err=True)
                raise typer.Exit(1)
            key.revoked_at = key.revoked_at or datetime.now(UTC)

    with explained():
        uvloop.run(run())


@app.command()
def secret() -> None:
    """Print a new SPORTELLO_SECRET_KEY."""
    typer.echo(new_key())


async def workspace_id_of(session: AsyncSession, name: str) -> int:
    found = await session.scalar(select(Workspace.id).where(Workspace.name == name))
    if found is None:
        typer.echo(f"no workspace is called {name!r}: see `sportello workspaces list`", err=True)
        raise typer.Exit(1)
    return found
