"""Vonage's error codes and message states in our vocabulary.

Sources: developer.vonage.com/api-errors/messages, /en/api-errors for what all its APIs say, and the
states of /en/messages/concepts/messages-status-callbacks.
"""

from typing import Literal

from channels.errors import Failure

OPTED_OUT = "1240"
"""The recipient has answered STOP."""

FAILURES = {
    "1000": Failure.THROTTLED,
    "1010": Failure.REJECTED,
    "1020": Failure.REJECTED,
    "1021": Failure.REJECTED,
    "1022": Failure.REJECTED,
    "1030": Failure.UNAVAILABLE,
    "1040": Failure.BAD_RECIPIENT,
    "1050": Failure.BAD_RECIPIENT,
    "1060": Failure.UNAUTHORISED,
    "1070": Failure.UNAUTHORISED,
    "1080": Failure.MISCONFIGURED,
    "1090": Failure.TOO_LARGE,
    "1100": Failure.UNAVAILABLE,
    "1110": Failure.UNAUTHORISED,
    "1120": Failure.MISCONFIGURED,
    "1130": Failure.REJECTED,
    "1140": Failure.MISCONFIGURED,
    "1150": Failure.REJECTED,
    "1160": Failure.BAD_RECIPIENT,
    "1170": Failure.BAD_RECIPIENT,
    "1180": Failure.UNREACHABLE,
    "1190": Failure.BAD_RECIPIENT,
    "1200": Failure.BAD_RECIPIENT,
    "1210": Failure.REJECTED,
    "1220": Failure.UNREACHABLE,
    "1230": Failure.UNAVAILABLE,
    OPTED_OUT: Failure.BAD_RECIPIENT,
    "1241": Failure.THROTTLED,
    "1250": Failure.BAD_RECIPIENT,
    "1260": Failure.BAD_RECIPIENT,
    "1270": Failure.REJECTED,
    "1280": Failure.BAD_RECIPIENT,
    "1290": Failure.BAD_RECIPIENT,
    "1300": Failure.BAD_RECIPIENT,
    "1310": Failure.BAD_RECIPIENT,
    "1330": Failure.UNAVAILABLE,
    "1340": Failure.REJECTED,
    "1360": Failure.UNREACHABLE,
    "1370": Failure.UNAUTHORISED,
    "low-balance": Failure.UNAUTHORISED,
    "unauthorized": Failure.UNAUTHORISED,
    "forbidden": Failure.UNAUTHORISED,
    "unprovisioned": Failure.UNAUTHORISED,
    "account-suspended": Failure.UNAUTHORISED,
    "jwt-expired": Failure.UNAUTHORISED,
    "jwt-revoked": Failure.UNAUTHORISED,
    "invalid-api-key": Failure.UNAUTHORISED,
    "invalid-signature": Failure.UNAUTHORISED,
    "rate-limit": Failure.THROTTLED,
}
"""By what stands behind the # of a problem's `type`; of refusals by REST and of callbacks alike."""

HTTP_FAILURES = {
    401: Failure.UNAUTHORISED,
    402: Failure.UNAUTHORISED,
    403: Failure.UNAUTHORISED,
    413: Failure.TOO_LARGE,
    429: Failure.THROTTLED,
}
"""Of answers without a code that we know; 5xx are unavailable, all others are rejections."""

STATES: dict[str, Literal["sent", "delivered", "failed"]] = {
    "submitted": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "rejected": "failed",
    "undeliverable": "failed",
}

MAX_TEXT = 1_000
"""The longest `text` of a message."""
