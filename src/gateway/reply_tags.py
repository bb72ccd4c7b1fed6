"""Tags in the addresses that our mails ask to be answered at: `support+c3k...@example.com`.

A customer whose program drops the thread's headers, or who writes anew to the address that they
have, still comes to their conversation. Sub-addressing is RFC 5233's.
"""

import base64
import hashlib
import hmac
from uuid import UUID

from channels.addresses import is_email

PREFIX = "c"
_ID_CHARACTERS = 26
_SIGNATURE_BYTES = 5
_SIGNATURE_CHARACTERS = 8


class ReplyTags:
    """Makes and reads the tags of one workspace; nobody else can make one."""

    def __init__(self, key: bytes, workspace_id: int) -> None:
        self._key = hmac.digest(key, b"workspace %d" % workspace_id, hashlib.sha256)

    def address(self, mailbox: str, conversation_id: UUID) -> str | None:
        """The mailbox's address with the conversation's tag; None where there is no room for it."""
        local, _, domain = mailbox.rpartition("@")
        signature = _written(self._signature(conversation_id))
        address = f"{local}+{PREFIX}{_written(conversation_id.bytes)}{signature}@{domain}"
        return address if is_email(address) else None

    def conversation(self, address: str) -> UUID | None:
        """The conversation that an address names, if the tag is ours."""
        tag = address.rpartition("@")[0].rpartition("+")[2].lower()
        length = len(PREFIX) + _ID_CHARACTERS + _SIGNATURE_CHARACTERS
        if len(tag) != length or not tag.startswith(PREFIX):
            return None
        named, signature = tag[len(PREFIX) :][:_ID_CHARACTERS], tag[-_SIGNATURE_CHARACTERS:]
        try:
            conversation_id = UUID(bytes=_read(named))
            is_ours = hmac.compare_digest(_read(signature), self._signature(conversation_id))
        except ValueError:
            return None
        return conversation_id if is_ours else None

    def _signature(self, conversation_id: UUID) -> bytes:
        return hmac.digest(self._key, conversation_id.bytes, hashlib.sha256)[:_SIGNATURE_BYTES]


def _written(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _read(text: str) -> bytes:
    """Raises ValueError where it is not base32."""
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
