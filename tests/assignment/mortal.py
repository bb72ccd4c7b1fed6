"""Connections that PostgreSQL ends, for real, right before a chosen statement."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

import asyncpg
from sqlalchemy import event

from gateway.database.connections import Database

HESITATES = 0.2
HESITATION_S = 0.02


class Mortal(Database):
    """A database whose sessions die: `die_before` counts the statements that are carried out yet.

    None: nobody dies. It is as if the process died then: what was not committed is gone. Before
    some statements a session hesitates, so that others come in between.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn, pool_size=12, application="mortal")
        self.die_before: int | None = None
        self.deaths = 0
        self.chance = Random(0)
        event.listen(self.engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, connection: Any, *_: Any) -> None:
        if self.chance.random() < HESITATES:
            connection.connection.dbapi_connection.run_async(_hesitate)
        if self.die_before is None:
            return
        self.die_before -= 1
        if self.die_before < 0:
            self.die_before = None
            self.deaths += 1
            connection.connection.dbapi_connection.run_async(_die)


async def _hesitate(_: "asyncpg.Connection[Any]") -> None:
    await asyncio.sleep(HESITATION_S)


async def _die(connection: "asyncpg.Connection[Any]") -> None:
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
