"""Links by which people end automatic mail to themselves (RFC 2369, one click: RFC 8058).

A link names the channel by its public key and whoever was written to by a token that nobody else
can make; no address stands in it.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

PREFIX: Final = "/unsubscribe/"
PURPOSE: Final = b"unsubscribing"

_SIGNATURE_BYTES = 16

STOP = text("""
INSERT INTO opt_out (workspace_id, identity_id, channel_id)
SELECT workspace_id, id, :channel_id FROM identity
 WHERE workspace_id = :workspace_id AND id = :identity_id
ON CONFLICT DO NOTHING
""")

START = text("""
DELETE FROM opt_out
 WHERE (workspace_id, identity_id, channel_id) = (:workspace_id, :identity_id, :channel_id)
""")


class UnsubscribeLinks:
    """Makes and reads the links of one workspace: HMAC-SHA256 over channel and identity."""

    def __init__(self, key: bytes, workspace_id: int) -> None:
        self._key = hmac.digest(key, b"workspace %d" % workspace_id, hashlib.sha256)

    def url(self, public_url: str, channel_key: str, identity_id: UUID) -> str:
        token = identity_id.bytes + self._signature(channel_key, identity_id)
        written = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
        return f"{public_url.rstrip('/')}{PREFIX}{channel_key}/{written}"

    def identity(self, channel_key: str, token: str) -> UUID | None:
        """Whom a token names; None where it is not ours."""
        try:
            signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        if len(signed) != 16 + _SIGNATURE_BYTES:
            return None
        identity_id = UUID(bytes=signed[:16])
        is_ours = hmac.compare_digest(self._signature(channel_key, identity_id), signed[16:])
        return identity_id if is_ours else None

    def _signature(self, channel_key: str, identity_id: UUID) -> bytes:
        signed = channel_key.encode() + identity_id.bytes
        return hmac.digest(self._key, signed, hashlib.sha256)[:_SIGNATURE_BYTES]


async def set_wish(
    session: AsyncSession,
    workspace_id: int,
    channel_id: UUID,
    identity_id: UUID,
    *,
    wants_mail: bool,
) -> None:
    """Keep what somebody wants of a channel; harmless where they were erased meanwhile."""
    values = {
        "workspace_id": workspace_id,
        "channel_id": channel_id,
        "identity_id": identity_id,
    }
    await session.execute(START if wants_mail else STOP, values)
