"""What was handed in, what was answered to it, and how a provider insists until it is."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import aiosmtplib
import httpx

Answer = TypeVar("Answer")

# Seconds.
PATIENCE = 90.0
ANSWER_LIMIT = 10.0
LONGEST_PAUSE = 0.2
HANGS_UP_WITHIN = 0.05

HANGS_UP = 0.1
"""How often a provider loses its connection before the answer comes."""

LOST = (httpx.TransportError, aiosmtplib.SMTPServerDisconnected, OSError, EOFError)


class ComeAgain(Exception):  # noqa: N818 - what the answer says
    """The gateway asked for another try: nothing is promised yet."""


@dataclass
class Ledger:
    """`marker` is a message's text, unlike any other; its kind stands before the first dash.

    `threads` says for every message of a customer ever handed in which matter it belongs to,
    `answered` the ids under which a message was said to be stored, where the answer names one.
    """

    threads: dict[str, str] = field(default_factory=dict)
    answered: dict[str, set[str]] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)

    def hand_in(self, marker: str, thread: str) -> None:
        self.threads[marker] = thread

    def take(self, marker: str, message_id: str | None) -> None:
        """Note a positive answer."""
        self.answered.setdefault(marker, set()).update({message_id} if message_id else ())
        self.taken[marker.partition("-")[0]] += 1

    def promised(self) -> dict[str, frozenset[str]]:
        """What must be stored from now on, by its marker, with the ids that were named."""
        return {marker: frozenset(ids) for marker, ids in self.answered.items()}


async def until_taken(attempt: Callable[[], Awaitable[Answer]], chance: Random) -> Answer:
    """Repeat one delivery until it has a positive answer; sometimes hang up before that."""
    async with asyncio.timeout(PATIENCE):
        while True:
            hangs_up = chance.random() < HANGS_UP
            limit = chance.uniform(0, HANGS_UP_WITHIN) if hangs_up else ANSWER_LIMIT
            try:
                async with asyncio.timeout(limit):
                    return await attempt()
            except (ComeAgain, *LOST):
                await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE))


def accepted(response: httpx.Response) -> httpx.Response:
    """The response, if it is positive; 503 raises ComeAgain, anything else is a defect."""
    if response.status_code == 503:
        raise ComeAgain
    assert response.is_success, f"{response.request.url}: {response.status_code} {response.text}"
    return response
