"""What is said among processes and kept nowhere: who is typing, and where somebody is at work.

Signals may be lost. They are carried by the same connection as the wake-ups.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

import orjson

from gateway.database.connections import to_json
from gateway.feed.ephemerals import Typing
from gateway.feed.hub import Hub
from gateway.wakeups import Wakeups

BEAT_S = 10.0
BEATS_MISSED = 3


TypingHearer = Callable[[Typing], None]


class Signals:
    """Sends and hears; `run` tells the other processes whose agents are here."""

    def __init__(self, wakeups: Wakeups, hub: Hub) -> None:
        self._wakeups = wakeups
        self._hub = hub
        self._own_name = secrets.token_hex(4)
        self._hearers: dict[int, set[TypingHearer]] = {}
        self._staffed_until: dict[tuple[str, int], float] = {}
        wakeups.hear(self._heard)

    def type(self, typing: Typing) -> None:
        self._wakeups.signal(to_json({"typing": asdict(typing)}))

    def follow(self, workspace_id: int, hearer: TypingHearer) -> None:
        """Call `hearer` whenever somebody types in the workspace, until `unfollow`."""
        self._hearers.setdefault(workspace_id, set()).add(hearer)

    def unfollow(self, workspace_id: int, hearer: TypingHearer) -> None:
        hearers = self._hearers[workspace_id]
        hearers.discard(hearer)
        if not hearers:
            del self._hearers[workspace_id]

    def is_staffed(self, workspace_id: int) -> bool:
        """Whether somebody follows the workspace's feed, in whichever process."""
        now = asyncio.get_running_loop().time()
        return workspace_id in self._hub.followed or any(
            staffed == workspace_id and until > now
            for (_, staffed), until in self._staffed_until.items()
        )

    async def run(self) -> None:
        while True:
            if followed := sorted(self._hub.followed):
                document = {"staffed": followed, "process": self._own_name}
                self._wakeups.signal(to_json(document))
            await asyncio.sleep(BEAT_S)

    def _heard(self, text: str) -> None:
        document = orjson.loads(text)
        if "typing" in document:
            self._pass_on(_typing(document["typing"]))
        elif document["process"] != self._own_name:
            until = asyncio.get_running_loop().time() + BEATS_MISSED * BEAT_S
            for workspace_id in document["staffed"]:
                self._staffed_until[document["process"], workspace_id] = until

    def _pass_on(self, typing: Typing) -> None:
        for hearer in list(self._hearers.get(typing.workspace_id, ())):
            hearer(typing)


def _typing(document: dict[str, object]) -> Typing:
    ids = {
        name: UUID(str(value))
        for name in ("conversation_id", "queue_id", "assignee_id")
        if (value := document[name]) is not None
    }
    return Typing(**{**document, **ids})  # type: ignore[arg-type]
