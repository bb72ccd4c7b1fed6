"""What is said among processes and kept nowhere: who is typing, and where somebody is at work.

Signals may be lost. They are carried by the same connection as the wake-ups.
"""

import asyncio
import secrets
from collections.abc import Callable

import orjson

from gateway.database.connections import to_json
from gateway.feed.ephemerals import Ephemeral, document_of, ephemeral_of
from gateway.feed.hub import Hub
from gateway.wakeups import Wakeups

BEAT_S = 10.0
BEATS_MISSED = 3


Hearer = Callable[[Ephemeral], None]


class Signals:
    """Sends and hears; `run` tells the other processes whose agents are here."""

    def __init__(self, wakeups: Wakeups, hub: Hub) -> None:
        self._wakeups = wakeups
        self._hub = hub
        self._own_name = secrets.token_hex(4)
        self._hearers: dict[int, set[Hearer]] = {}
        self._staffed_until: dict[tuple[str, int], float] = {}
        wakeups.hear(self._heard)

    def tell(self, ephemeral: Ephemeral) -> None:
        self._wakeups.signal(to_json(document_of(ephemeral)))

    def follow(self, workspace_id: int, hearer: Hearer) -> None:
        """Call `hearer` with all that passes in the workspace, until `unfollow`."""
        self._hearers.setdefault(workspace_id, set()).add(hearer)

    def unfollow(self, workspace_id: int, hearer: Hearer) -> None:
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
        if ephemeral := ephemeral_of(document):
            self._pass_on(ephemeral)
        elif document["process"] != self._own_name:
            until = asyncio.get_running_loop().time() + BEATS_MISSED * BEAT_S
            for workspace_id in document["staffed"]:
                self._staffed_until[document["process"], workspace_id] = until

    def _pass_on(self, ephemeral: Ephemeral) -> None:
        for hearer in list(self._hearers.get(ephemeral.workspace_id, ())):
            hearer(ephemeral)
