"""Links that open one file for a short while, for browsers and providers without a token."""

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from gateway.access.secret_box import SecretBox

PATH = "/files/"
PURPOSE = b"links to files"

_CLAIM = struct.Struct(">IQ16s")


class Link(NamedTuple):
    """What a link opens, and until when."""

    workspace_id: int
    attachment_id: UUID
    expires_at: datetime


class Links:
    """Signs links with a key of the installation: HMAC-SHA256 over workspace, file and expiry."""

    def __init__(self, box: SecretBox, public_url: str | None) -> None:
        self._key = box.derived(PURPOSE)
        self._public_url = public_url

    def url(self, link: Link, reached_at: str) -> str:
        """An absolute URL; `reached_at` is ours where no public one is set."""
        base = (self._public_url or reached_at).rstrip("/")
        return f"{base}{PATH}{self.token(link)}"

    def token(self, link: Link) -> str:
        seconds = int(link.expires_at.timestamp())
        claim = _CLAIM.pack(link.workspace_id, seconds, link.attachment_id.bytes)
        return base64.urlsafe_b64encode(claim + self._signature(claim)).rstrip(b"=").decode()

    def read(self, token: str) -> Link | None:
        """What a token says, whether or not it is over by now; None where it is not ours."""
        try:
            signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        claim, signature = signed[: _CLAIM.size], signed[_CLAIM.size :]
        if not hmac.compare_digest(self._signature(claim), signature):
            return None
        workspace_id, seconds, attachment_id = _CLAIM.unpack(claim)
        expires_at = datetime.fromtimestamp(seconds, UTC)
        return Link(workspace_id, UUID(bytes=attachment_id), expires_at)

    def _signature(self, claim: bytes) -> bytes:
        return hmac.digest(self._key, claim, hashlib.sha256)
