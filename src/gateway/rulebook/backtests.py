"""Backtests: what other rules would have made of the decisions that are stored.

Each runs in a process of its own, at low priority and on its own connection, so that nothing that
serves waits for it; who ends the stream ends the process.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import orjson

from gateway.database.connections import Database, to_json_bytes
from gateway.problems import conflict
from gateway.references import References

LONGEST_LINE = 64 * 1024 * 1024
"""The result of 10,000 rules has a line of a few megabytes."""


class Backtests:
    """The backtests of a process: one at a time in each workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[int] = set()

    def claim(self, workspace_id: int) -> None:
        """Be the only one; `run` gives it back.

        Raises:
            Problem: 409, another one runs.
        """
        if workspace_id in self._running:
            raise conflict("a backtest runs already: wait for it, or end it by hanging up")
        self._running.add(workspace_id)

    async def run(self, workspace_id: int, request: dict[str, Any]) -> AsyncIterator[bytes]:
        """The lines of the process, as it writes them; it is killed when nobody asks any more."""
        process = None
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway.rulebook.backtesting",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LONGEST_LINE,
            )
            assert process.stdin is not None  # noqa: S101 - asked for above
            assert process.stdout is not None  # noqa: S101 - asked for above
            told = {**request, "dsn": self._database.dsn, "workspace": workspace_id}
            process.stdin.write(to_json_bytes(told))
            process.stdin.close()
            async for line in process.stdout:
                yield line
            if await process.wait():
                yield orjson.dumps({"type": "error", "detail": "the backtest broke off"}) + b"\n"
        finally:
            self._running.discard(workspace_id)
            if process is not None:
                with suppress(ProcessLookupError):
                    process.kill()


def references_told(there: References) -> dict[str, Any]:
    """What rules may name, as the process is told."""
    return {
        "default_queue": there.default_queue,
        "queues": [asdict(queue) for queue in there.queues.values()],
        "existing": {str(kind): list(names) for kind, names in there.names.items()},
    }
