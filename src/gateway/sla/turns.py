"""Events as the clocks see them. They are followed live and folded anew by the same reading.

Only events that happened under a policy count: those have `occurred_at` in their data.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from gateway.feed.log import EventType
from routing.clocks import Metric, Occurrence, Sign, Turn

OCCURRED_AT: Final = "occurred_at"
UNANSWERED_SINCE: Final = "unanswered_since"
"""In the data of an event that brings a question along from another conversation."""

_BY_STATUS: Final[Mapping[str, tuple[Turn, ...]]] = {
    "pending": (Turn.PAUSED,),
    "solved": (Turn.SOLVED,),
    "closed": (Turn.SOLVED,),
}
AWAKE: Final = (Turn.RESUMED, Turn.REARMED)
"""With any other status a conversation is worked on."""

SIGNS: Final[Mapping[str, Sign]] = {
    EventType.SLA_WARNING: Sign.WARNING,
    EventType.SLA_BREACHED: Sign.BREACHED,
}


def occurrences(event: str, data: Mapping[str, Any]) -> Iterator[Occurrence]:
    """What an event, live or read from the log, is to the clocks."""
    if OCCURRED_AT not in data:
        return
    at = _instant(data[OCCURRED_AT])
    if event in SIGNS:
        clock = data["clock"]
        key = (Metric(clock["metric"]), int(clock["cycle"]))
        yield Occurrence(Turn.TOLD, at, clock=key, sign=SIGNS[event])
        return
    for turn in _turns(event, data):
        yield Occurrence(turn, at)
    if data.get(UNANSWERED_SINCE) is not None:
        yield Occurrence(Turn.ASKED, at, since=_instant(data[UNANSWERED_SINCE]))


def _turns(event: str, data: Mapping[str, Any]) -> tuple[Turn, ...]:
    if event == EventType.MERGED:
        return (Turn.DROPPED,)
    if event == EventType.RECEIVED:
        return () if data["message"].get("quiet") else (Turn.ASKED,)
    if event == EventType.REPLIED:
        return (Turn.ANSWERED,) if data["message"].get("agent") else ()
    status = data.get("conversation", {}).get("status")
    return () if status is None else _BY_STATUS.get(status, AWAKE)


def _instant(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
