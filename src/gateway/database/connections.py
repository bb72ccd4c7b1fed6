"""How processes reach PostgreSQL: a pool for requests, single connections for writers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from gateway.database.acts import WatchedSession

OWN_CONNECTION_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",  # a plan made while a table was small must not stay when it has grown
}

SESSION_SETTINGS = {
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "10s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

CONNECT_TIMEOUT_S = 10

Fetch = Callable[..., Awaitable[Sequence[Any]]]
"""`connection.fetch` of asyncpg: a statement and its arguments, answered by rows."""


def to_json_bytes(value: Any) -> bytes:
    return orjson.dumps(value, default=_plain)


def to_json(value: Any) -> str:
    return to_json_bytes(value).decode()


def _plain(value: Any) -> str:
    """Asyncpg's ids are a subclass of UUID, which orjson leaves to us."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


async def fetch_in(session: AsyncSession) -> Fetch:
    """`fetch` inside a session's transaction, after all that the session still holds back."""
    await session.flush()
    connection = await session.connection()

    async def fetch(statement: str, *arguments: Any) -> Sequence[Any]:
        result = await connection.exec_driver_sql(statement, arguments)
        return result.mappings().all() if result.returns_rows else []

    return fetch


class Database:
    """One PostgreSQL database.

    `dsn` is a `postgresql://` URL. Nothing connects before the first use.
    """

    def __init__(self, dsn: str, *, pool_size: int = 10, application: str = "sportello") -> None:
        url = make_url(dsn)
        self._raw_dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._session_settings = {**SESSION_SETTINGS, "application_name": application}
        self.engine: AsyncEngine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT_S,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "server_settings": self._session_settings,
            },
            hide_parameters=True,  # errors are logged, what customers wrote is not
            json_serializer=to_json,
            json_deserializer=orjson.loads,
        )
        self._sessions = async_sessionmaker(
            self.engine, expire_on_commit=False, sync_session_class=WatchedSession
        )

    @property
    def dsn(self) -> str:
        """For a process of its own; holds the password."""
        return self._raw_dsn

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end of the block, rolled back on an exception."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A read-only view of one instant (REPEATABLE READ)."""
        async with self.engine.connect() as plain:
            connection = await plain.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            async with connection.begin():
                yield connection

    async def connect(self) -> "asyncpg.Connection[Any]":
        """A connection of the caller's own, for set-wise writing or listening.

        Plans are generic: set-wise statements have the same shape whatever the batch.
        """
        return await asyncpg.connect(
            self._raw_dsn,
            timeout=CONNECT_TIMEOUT_S,
            server_settings={**self._session_settings, **OWN_CONNECTION_SETTINGS},
        )

    async def close(self) -> None:
        await self.engine.dispose()


CONNECTION_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # used after the server said goodbye, before it hung up
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    OSError,
    TimeoutError,
    PoolExhausted,
)


CONTENTION_ERRORS = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)

MAX_TRIES = 5
"""So often a transaction is begun, where others were in its way each time."""


def is_contention(error: DBAPIError) -> bool:
    """Whether other transactions were in the way (SQLSTATE 40001, 40P01, 55P03): begin again."""
    return isinstance(getattr(error.orig, "__cause__", None), CONTENTION_ERRORS)


def is_database_away(error: BaseException) -> bool:
    """Whether the database could not be asked, as against having refused what it was asked.

    Covers lost and refused connections, SQLSTATE classes 08, 53 and 57 and time-outs, whether
    raised by asyncpg or wrapped by SQLAlchemy. A group of errors says so if all in it do.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_database_away(each) for each in error.exceptions)
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None) or error.orig
        return error.connection_invalidated or (cause is not None and is_database_away(cause))
    return isinstance(error, CONNECTION_ERRORS)
