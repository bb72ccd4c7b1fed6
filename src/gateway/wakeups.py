"""Hints that something may be waiting: within the process at once, to others by NOTIFY.

A hint may be lost, repeated or late. Whoever waits also polls; the tables are the truth.
Hints are never part of a transaction: NOTIFY inside one would make commits queue up behind each
other. They are sent after the commit, many in one statement.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any

import asyncpg
import structlog

from gateway.database.connections import Database, is_database_away

PG_CHANNEL = "sportello"
RECONNECT_S = 1.0
PAUSE_S = 0.02
"""Between two NOTIFYs: under load a commit in three is worth one; a lone hint goes at once."""

log = structlog.get_logger(__name__)


class Topic(StrEnum):
    FEED = "feed"
    DELIVERY = "delivery"
    WEBHOOK = "webhook"
    CONFIGURATION = "configuration"
    ASSIGNMENT = "assignment"
    ACCESS = "access"


class Wakeups:
    """The process's end of the hints.

    `run` must be running for other processes to hear and be heard; `notify` works without.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[Topic, set[asyncio.Event]] = {topic: set() for topic in Topic}
        self._outgoing: dict[str, None] = {}  # in order, each once
        self._hearers: set[Callable[[str], None]] = set()
        self._has_outgoing = asyncio.Event()

    def listen(self, topic: Topic) -> asyncio.Event:
        """An event that is set whenever the topic is hinted at; the caller clears it."""
        event = asyncio.Event()
        self._listeners[topic].add(event)
        return event

    def notify(self, *topics: Topic) -> None:
        """Call after the commit."""
        for topic in topics:
            self._wake(topic)
            self._send(topic)

    def signal(self, text: str) -> None:
        """Pass something on to every process, this one included, that is kept nowhere.

        At most 7,999 bytes, as PostgreSQL has it; it may be lost.
        """
        self._hear(text)
        self._send(text)

    def hear(self, hearer: Callable[[str], None]) -> None:
        """Call `hearer` with every signal."""
        self._hearers.add(hearer)

    def _send(self, payload: str) -> None:
        self._outgoing.pop(payload, None)
        self._outgoing[payload] = None
        self._has_outgoing.set()

    def _hear(self, text: str) -> None:
        for hearer in self._hearers:
            hearer(text)

    def _wake(self, topic: Topic) -> None:
        for event in self._listeners[topic]:
            event.set()

    def _heard(self, connection: Any, pid: int, _channel: str, payload: object) -> None:
        if pid == connection.get_server_pid():
            return  # our own: everybody here was woken at once
        text = str(payload)
        if text in set(Topic):
            self._wake(Topic(text))
        elif text.startswith("{"):
            self._hear(text)

    async def run(self) -> None:
        """Keep a listening connection until cancelled, connecting again after a loss."""
        while True:
            try:
                await self._serve_connection()
            except Exception as error:
                if not is_database_away(error):
                    raise
                log.warning("wakeups.disconnected", reason=type(error).__name__)
            await asyncio.sleep(RECONNECT_S)

    async def _serve_connection(self) -> None:
        connection = await self._database.connect()
        try:
            await connection.add_listener(PG_CHANNEL, self._heard)
            for topic in Topic:
                self._wake(topic)  # whatever was hinted at while nobody listened
            await self._send_until_lost(connection)
        finally:
            connection.terminate()

    async def _send_until_lost(self, connection: "asyncpg.Connection[Any]") -> None:
        lost = asyncio.Event()

        def leave(_connection: Any) -> None:
            lost.set()
            self._has_outgoing.set()

        connection.add_termination_listener(leave)
        while not lost.is_set():
            await self._has_outgoing.wait()
            self._has_outgoing.clear()
            if self._outgoing and not lost.is_set():
                payloads, self._outgoing = list(self._outgoing), {}
                await connection.execute(
                    "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload",
                    PG_CHANNEL,
                    payloads,
                )
                await asyncio.sleep(PAUSE_S)


async def wait_for(event: asyncio.Event, timeout_s: float) -> None:
    """Until the hint comes or the poll is due, whichever is first; clears the hint."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
    event.clear()
