"""`serve`, `worker` and `migrate`."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from gateway.access.secret_box import secret_box
from gateway.background import running
from gateway.cli.errors import explained
from gateway.cli.welcome import welcome
from gateway.composition import Gateway
from gateway.database import migrations
from gateway.database.opening import Opened, opened
from gateway.first_start import FirstStart, first_start
from gateway.logs import configure
from gateway.serving import Server, on_stop_signal
from gateway.settings import Settings


def serve() -> None:
    """Open the doors: HTTP, SMTP, chat and the agents' feed.

    Without DATABASE_URL an embedded PostgreSQL is started, and a worker runs inside.
    """
    with explained():
        uvloop.run(_serve(Settings()))


def worker() -> None:
    """Send what has to be sent, and keep house. Several may run."""
    with explained():
        uvloop.run(_work(Settings()))


def migrate(
    revision: Annotated[str, typer.Argument(help="Alembic revision to upgrade to")] = "head",
) -> None:
    """Bring the database to the newest schema. `serve` and `worker` do it by themselves."""
    with explained():
        uvloop.run(_migrate(Settings(), revision))


async def _serve(settings: Settings) -> None:
    configure(settings)
    async with opened(settings, "sportello-serve") as database, _supervised(database):
        first = await prepare(settings, database)
        gateway = Gateway(settings, database.database, secret_box(settings))
        server = Server(gateway)
        stop = asyncio.get_running_loop().create_future()
        on_stop_signal(stop)
        serving = asyncio.create_task(server.serve())
        stop.add_done_callback(lambda _: server.stop())
        opening = asyncio.create_task(server.opened.wait())
        await asyncio.wait({opening, serving}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            raise typer.Exit(1)
        welcome(Console(), gateway, server.url, first)
        await serving


async def _work(settings: Settings) -> None:
    configure(settings)
    async with opened(settings, "sportello-worker") as database, _supervised(database):
        await migrations.migrate(database.database)
        gateway = Gateway(settings, database.database, secret_box(settings))
        stop = asyncio.get_running_loop().create_future()
        on_stop_signal(stop)
        async with gateway.working():
            await stop


async def _migrate(settings: Settings, revision: str) -> None:
    async with opened(settings, "sportello-migrate") as database:
        await migrations.migrate(database.database, revision)
    Console().print(f"The schema is at {revision}.")


async def prepare(settings: Settings, database: Opened) -> FirstStart | None:
    """Bring the schema up to date and fill an empty database; returns what was made, if it was."""
    box = secret_box(settings)
    await migrations.migrate(database.database)
    async with database.database.transaction() as session:
        return await first_start(session, box)


def _supervised(database: Opened) -> AbstractAsyncContextManager[None]:
    """Restart the embedded server if it dies, during the block."""
    server = database.server
    return running({"postgresql": server.supervise} if server else {})
