"""Links that lead to one invitation, which nobody else can make."""

import base64
import binascii
import hashlib
import hmac
import struct
from typing import Final
from uuid import UUID

from gateway.access.secret_box import SecretBox

PREFIX: Final = "/surveys/"
PURPOSE: Final = b"links to surveys"

_CLAIM = struct.Struct(">I16s")
_SIGNATURE_BYTES: Final = 16

Key = tuple[int, UUID]
"""Workspace and invitation."""


class SurveyLinks:
    """Signs with a key of the installation: HMAC-SHA256 over workspace and invitation."""

    def __init__(self, box: SecretBox) -> None:
        self._key = box.derived(PURPOSE)

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
