"""Links that lead to one invitation, which nobody else can make.

Messages are kept with a stand-in for the link's token, of its length, and get the token on their
way out: whoever reads a conversation, an agent above all, cannot answer in the customer's place.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from typing import Final
from uuid import UUID

from gateway.access.secret_box import SecretBox

PREFIX: Final = "/surveys/"
PURPOSE: Final = b"links to surveys"

_CLAIM = struct.Struct(">I16s")
_SIGNATURE_BYTES: Final = 16
_STAND_IN: Final = re.compile(PREFIX + r"([0-9a-f]{32})-{16}(?![\w-])")

Key = tuple[int, UUID]
"""Workspace and invitation."""


def stand_in(invitation_id: UUID) -> str:
    """The path as messages are kept with it."""
    return f"{PREFIX}{invitation_id.hex}{'-' * 16}"


class SurveyLinks:
    """Signs with a key of the installation: HMAC-SHA256 over workspace and invitation."""

    def __init__(self, box: SecretBox) -> None:
        self._key = box.derived(PURPOSE)

    def signed(self, text: str, workspace_id: int) -> str:
        """A text on its way to the customer, whose stand-ins have become links."""

        def link(found: re.Match[str]) -> str:
            return self.path(workspace_id, UUID(hex=found[1]))

        return _STAND_IN.sub(link, text)

    def path(self, workspace_id: int, invitation_id: UUID) -> str:
        claim = _CLAIM.pack(workspace_id, invitation_id.bytes)
        token = base64.urlsafe_b64encode(claim + self._signature(claim)).rstrip(b"=")
        return f"{PREFIX}{token.decode()}"

    def read(self, path: str) -> Key | None:
        """What a path names; None where it is not one of ours."""
        token = path.removeprefix(PREFIX)
        try:
            signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        claim, signature = signed[: _CLAIM.size], signed[_CLAIM.size :]
        if not hmac.compare_digest(self._signature(claim), signature):
            return None
        workspace_id, invitation_id = _CLAIM.unpack(claim)
        return workspace_id, UUID(bytes=invitation_id)

    def _signature(self, claim: bytes) -> bytes:
        return hmac.digest(self._key, claim, hashlib.sha256)[:_SIGNATURE_BYTES]
