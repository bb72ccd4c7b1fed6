"""Signed times: proof of when a form was handed out, without keeping anything about it."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from channels.errors import ChannelError

VALID_FOR = timedelta(days=1)
_LENGTH = 32


class InvalidStamp(ChannelError):  # noqa: N818 - named as the other refusals are
    """No stamp of ours for this form, or too old a one."""


def make_stamp(key: bytes, subject: str, now: datetime) -> str:
    """Return the seconds of `now` (Unix time), a dot and their signature for `subject`."""
    seconds = str(int(now.timestamp()))
    return f"{seconds}.{_signature(key, subject, seconds)}"


def age_of(stamp: str, key: bytes, subject: str, now: datetime) -> timedelta:
    """Return how long ago a stamp was made.

    Raises:
        InvalidStamp: it is not ours, is meant for another subject, or is older than a day.
    """
    seconds, _, signature = stamp.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key, subject, seconds).encode()):
        raise InvalidStamp("this is not a stamp of this form")
    age = now - datetime.fromtimestamp(int(seconds), UTC)
    if age > VALID_FOR:
        raise InvalidStamp("the stamp is older than a day")
    return age


def _signature(key: bytes, subject: str, seconds: str) -> str:
    digest = hmac.new(key, f"{subject}.{seconds}".encode("utf-8", "replace"), hashlib.sha256)
    return digest.hexdigest()[:_LENGTH]
