"""Signatures by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 with a secret.

A secret is `whsec_` and base64 of its bytes. While it is exchanged, two of them sign.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from channels.records import record

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@record
class Secrets:
    """What a webhook signs with: `current`, and `previous` as long as receivers may know no other.

    Kept as `as_sealed` has it, encrypted.
    """

    current: str
    previous: str | None = None

    @classmethod
    def opened(cls, kept: dict[str, str]) -> Self:
        return cls(kept["current"], kept.get("previous"))

    def as_sealed(self) -> dict[str, str]:
        both = {"current": self.current, "previous": self.previous}
        return {name: secret for name, secret in both.items() if secret is not None}

    def rotated(self) -> Self:
        """The same with a new current secret; the one that it replaces is the previous one."""
        return type(self)(new_secret(), self.current)

    def valid_at(self, now: datetime, previous_until: datetime | None) -> list[str]:
        """The secrets to sign with, the current one first."""
        is_previous_valid = previous_until is not None and now < previous_until
        both = (self.current, self.previous if is_previous_valid else None)
        return [secret for secret in both if secret is not None]


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, as `webhook-signature` holds it: `v1,` and base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signed_headers(
    valid: Iterable[str], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The headers of a call at `timestamp` (Unix seconds): one signature per secret."""
    signatures = [signature(secret, message_id, timestamp, body) for secret in valid]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
