"""Twilio's error codes and message states in our vocabulary.

Sources: twilio.com/docs/api/errors, and the states of /docs/messaging/api/message-resource.
"""

from typing import Literal

from channels.errors import Failure

OPTED_OUT = 21610
"""The recipient has answered STOP: Twilio takes nothing more for them until START."""

FAILURES = {
    14107: Failure.THROTTLED,
    20003: Failure.UNAUTHORISED,
    20005: Failure.UNAUTHORISED,
    20429: Failure.THROTTLED,
    21211: Failure.BAD_RECIPIENT,
    21214: Failure.BAD_RECIPIENT,
    21217: Failure.BAD_RECIPIENT,
    21265: Failure.BAD_RECIPIENT,
    21407: Failure.BAD_RECIPIENT,
    21408: Failure.REJECTED,
    21603: Failure.MISCONFIGURED,
    21604: Failure.BAD_RECIPIENT,
    21606: Failure.MISCONFIGURED,
    OPTED_OUT: Failure.BAD_RECIPIENT,
    21611: Failure.THROTTLED,
    21612: Failure.BAD_RECIPIENT,
    21614: Failure.BAD_RECIPIENT,
    21617: Failure.TOO_LARGE,
    21703: Failure.MISCONFIGURED,
    30001: Failure.THROTTLED,
    30002: Failure.UNAUTHORISED,
    30003: Failure.UNREACHABLE,
    30004: Failure.BAD_RECIPIENT,
    30005: Failure.BAD_RECIPIENT,
    30006: Failure.BAD_RECIPIENT,
    30007: Failure.REJECTED,
    30008: Failure.UNAVAILABLE,
    30009: Failure.UNAVAILABLE,
    30010: Failure.REJECTED,
    30011: Failure.REJECTED,
    30017: Failure.UNAVAILABLE,
    30018: Failure.MISCONFIGURED,
    30019: Failure.TOO_LARGE,
    30022: Failure.THROTTLED,
    30023: Failure.THROTTLED,
    30024: Failure.MISCONFIGURED,
    30032: Failure.MISCONFIGURED,
    30034: Failure.MISCONFIGURED,
    30036: Failure.UNREACHABLE,
    30410: Failure.UNAVAILABLE,
    30500: Failure.UNAVAILABLE,
    63001: Failure.UNAUTHORISED,
    63003: Failure.BAD_RECIPIENT,
    63005: Failure.REJECTED,
    63007: Failure.MISCONFIGURED,
    63010: Failure.UNAVAILABLE,
    63012: Failure.UNAVAILABLE,
    63013: Failure.REJECTED,
    63015: Failure.BAD_RECIPIENT,
    63016: Failure.REJECTED,
    63018: Failure.THROTTLED,
    63021: Failure.REJECTED,
    63024: Failure.BAD_RECIPIENT,
    63033: Failure.BAD_RECIPIENT,
}
"""Of refusals by REST and of `ErrorCode` in status callbacks alike."""

HTTP_FAILURES = {
    401: Failure.UNAUTHORISED,
    403: Failure.UNAUTHORISED,
    413: Failure.TOO_LARGE,
    429: Failure.THROTTLED,
}
"""Of answers without a code that we know; 5xx are unavailable, all others are rejections."""

STATES: dict[str, Literal["sent", "delivered", "failed"]] = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
"""`MessageStatus`: whatever Twilio has accepted counts as sent."""

OPT_OUT_TYPES: dict[str, Literal["stop", "start"]] = {"STOP": "stop", "START": "start"}
"""`OptOutType`, where Advanced Opt-Out is on; HELP is answered by Twilio and changes nothing."""

MAX_TEXT = 1_600
"""The longest `Body` (error 21617)."""
