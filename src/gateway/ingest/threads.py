"""Which conversation a mail belongs to, by the identifiers of RFC 5322 section 3.6.4.

Each mail claims its own Message-ID and every id that it refers to, so that whichever of a
thread's mails comes first, in whichever process, the others find it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from channels.contract import EmailHeaders
from channels.records import record

CLAIM = """
INSERT INTO thread_ref (workspace_id, rfc_message_id, conversation_id, message_id)
SELECT * FROM unnest($1::int[], $2::text[], $3::uuid[], $4::uuid[])
           AS new (workspace_id, rfc_message_id, conversation_id, message_id)
 ORDER BY workspace_id, rfc_message_id
ON CONFLICT (workspace_id, rfc_message_id) DO UPDATE
   SET conversation_id = thread_ref.conversation_id
RETURNING workspace_id, rfc_message_id, conversation_id, message_id
"""

CORRECT = """
UPDATE thread_ref t SET conversation_id = n.conversation_id, message_id = n.message_id
  FROM unnest($1::int[], $2::text[], $3::uuid[], $4::uuid[])
       AS n (workspace_id, rfc_message_id, conversation_id, message_id)
 WHERE (t.workspace_id, t.rfc_message_id) = (n.workspace_id, n.rfc_message_id)
"""

Ref = tuple[int, str]


@record
class Mail:
    """A mail of the batch: `conversation_id` is the one that it opens if it finds none."""

    workspace_id: int
    message_id: UUID
    conversation_id: UUID
    headers: EmailHeaders

    @property
    def own(self) -> Ref | None:
        own = self.headers.message_id
        return (self.workspace_id, own) if own else None

    @property
    def named(self) -> list[Ref]:
        """What it answers, most telling first: In-Reply-To, then References from the newest."""
        ids = [self.headers.in_reply_to, *reversed(self.headers.references)]
        return [(self.workspace_id, id_) for id_ in dict.fromkeys(ids) if id_]

    @property
    def refs(self) -> list[Ref]:
        return [*([self.own] if self.own else []), *self.named]


@dataclass(slots=True)
class _Claim:
    """One identifier: where it leads, and which message bears it."""

    conversation_id: UUID | None
    bearer: UUID | None
    stored: tuple[UUID, UUID | None]


class Threads:
    """The claims of one batch.

    `homes` gives where a mail's identifiers lead, `settle` says where it went in the end.
    """

    def __init__(self, claims: dict[Ref, _Claim]) -> None:
        self._claims = claims

    @property
    def conversations(self) -> set[tuple[int, UUID]]:
        """Conversations that are there already and that a mail of the batch may belong to."""
        return {
            (ref[0], claim.conversation_id)
            for ref, claim in self._claims.items()
            if claim.conversation_id is not None
        }

    def homes(self, mail: Mail) -> list[UUID]:
        """Conversations that the mail speaks of, most telling first.

        Its own id counts only while no other message bears it: broken senders reuse ids.
        """
        refs = mail.named
        own = mail.own
        if own is not None and self._claims[own].bearer in {None, mail.message_id}:
            refs.append(own)
        homes = [self._claims[ref].conversation_id for ref in refs]
        return list(dict.fromkeys(home for home in homes if home is not None))

    def settle(self, mail: Mail, conversation_id: UUID) -> None:
        for ref in mail.refs:
            claim = self._claims[ref]
            claim.conversation_id = claim.conversation_id or conversation_id
        if mail.own is not None:
            own = self._claims[mail.own]
            own.bearer = own.bearer or mail.message_id

    async def write(self, connection: "asyncpg.Connection[Any]") -> None:
        """Correct the claims whose conversation or bearer turned out otherwise than proposed."""
        changed = [
            (*ref, claim.conversation_id, claim.bearer)
            for ref, claim in sorted(self._claims.items())
            if claim.stored != (claim.conversation_id, claim.bearer)
        ]
        if changed:
            await connection.execute(CORRECT, *zip(*changed, strict=True))


async def claim(connection: "asyncpg.Connection[Any]", mails: Sequence[Mail]) -> Threads:
    """Claim every identifier of the mails, in one order in all processes."""
    proposals = _proposals(mails)
    if not proposals:
        return Threads({})
    rows = [(*ref, *proposal) for ref, proposal in proposals.items()]
    claims = {}
    for row in await connection.fetch(CLAIM, *zip(*rows, strict=True)):
        ref = (row["workspace_id"], row["rfc_message_id"])
        stored = (row["conversation_id"], row["message_id"])
        is_fresh = stored == proposals[ref]
        claims[ref] = _Claim(None if is_fresh else stored[0], stored[1], stored)
    return Threads(claims)


def _proposals(mails: Iterable[Mail]) -> dict[Ref, tuple[UUID, UUID | None]]:
    """What each identifier is claimed for: by the first mail of the batch that names it."""
    proposals: dict[Ref, tuple[UUID, UUID | None]] = {}
    for mail in mails:
        if mail.own is not None:
            proposals.setdefault(mail.own, (mail.conversation_id, mail.message_id))
        for ref in mail.named:
            proposals.setdefault(ref, (mail.conversation_id, None))
    return proposals
