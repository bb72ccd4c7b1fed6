"""Scenarios as YAML files: a day of a team, or what is to be otherwise than it was.

A scenario `like` another one says only what differs, so that both can be compared at a glance.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.rulebook.samples import Sample, SampleMessage, facts_of
from routing.facts import FactValue
from routing.queues import Level
from routing.simulation.arrivals import Duration, Rate, Spread

MAX_ARRIVALS = 200_000
MAX_DEPTH = 10
ANSWER_WITHIN = timedelta(minutes=20)
"""The target of a queue that says none."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_SPAN = re.compile(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)")


class InvalidScenario(ValueError):  # noqa: N818 - what the file is, as the command line says it
    """A scenario cannot be played; `problems` say what is wrong and where."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def instant(day: date, clock: timedelta, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows on a day, in UTC."""
    wall = datetime.combine(day, time()) + clock
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _length(text: object) -> timedelta:
    """A length of time: `90s`, `15m`, `1.5h`, `1d`."""
    found = _LENGTH.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be a length of time such as 90s, 15m, 1.5h or 1d")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def _clock(text: object) -> timedelta:
    """A time of the day; 24:00 is its end."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-2]\d:[0-5]\d", text):
        raise ValueError("must be a time of the day such as 08:00")
    if text == "24:00":
        return timedelta(days=1)
    of_day = time.fromisoformat(text)
    return timedelta(hours=of_day.hour, minutes=of_day.minute)


def _span(text: object) -> tuple[timedelta, timedelta]:
    found = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be from when until when, such as 08:00-12:30")
    begin, end = _clock(found[1]), _clock(found[2])
    if begin >= end:
        raise ValueError("must end after it begins: split it at midnight (24:00)")
    return begin, end


Length = Annotated[timedelta, BeforeValidator(_length)]
Clock = Annotated[timedelta, BeforeValidator(_clock)]
Span = Annotated[tuple[timedelta, timedelta], BeforeValidator(_span)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
PerHour = Annotated[float, Field(ge=0, le=100_000)]
Grade = Annotated[int, Field(ge=0, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QueueEntry(_Part):
    """A queue; beside history, only what is to be otherwise."""

    name: Name
    level: Level = 1
    mode: Literal["offer", "direct", "pull"] = "offer"
    offer_timeout: Length = timedelta(seconds=30)
    sticky_for: Length = timedelta(0)
    reserve_after: Length = timedelta(minutes=5)
    overflow: Name | None = None
    answer_within: Length = ANSWER_WITHIN


class StreamEntry(_Part):
    """Arrivals of one sort: so many an hour, all saying the same to the rules."""

    name: Name
    message: SampleMessage
    facts: dict[str, Any] = {}
    per_hour: PerHour | dict[Clock, PerHour]
    handling: Length
    spread: Literal["constant", "exponential", "lognormal"] = "lognormal"
    patience: Length | None = None
    skills: list[Name] = []

    def known(self) -> dict[str, FactValue | None]:
        """What rules are told; when it arrives is not among it.

        Raises:
            InvalidFacts: some of `facts` cannot be.
        """
        return facts_of(Sample(message=self.message, facts=self.facts))

    @property
    def lengths(self) -> Duration:
        return Duration(self.handling, Spread(self.spread))

    def rates(self, day: date, zone: ZoneInfo, begins: timedelta) -> list[Rate]:
        """By time; none before the first that is given, or before the day begins."""
        given = self.per_hour if isinstance(self.per_hour, dict) else {begins: self.per_hour}
        return [Rate(instant(day, max(at, begins), zone), given[at]) for at in sorted(given)]


class AgentEntry(_Part):
    """An agent, or a `number` of them who are alike."""

    name: Name
    number: Annotated[int, Field(ge=1, le=1000)] = 1
    capacity: Annotated[int, Field(ge=0, le=1000)] = 5
    queues: dict[Name, Grade]
    skills: dict[Name, Grade] = {}
    shifts: list[Span]
    answers_after: Length = timedelta(seconds=5)
    declines: Annotated[float, Field(ge=0, le=1)] = 0.0


class Scenario(_Part):
    """A day. Beside history, `day`, `zone` and `streams` come from there."""

    name: Name
    day: date | None = None
    zone: Name = "UTC"
    begins: Clock = timedelta(0)
    ends: Clock = timedelta(days=1)
    seed: int = 1
    rules: Annotated[str | None, Field(description="A file beside this one")] = None
    weights: dict[str, Annotated[int, Field(ge=1, le=1000)]] | None = None
    patience: dict[str, Length] = {}
    decline_cooldown: Length | None = None
    queues: list[QueueEntry] = []
    streams: list[StreamEntry] = []
    agents: list[AgentEntry] = []

    def zone_info(self) -> ZoneInfo:
        """Raise InvalidScenario where there is no such zone."""
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise InvalidScenario(f"zone: there is no {self.zone!r}") from None


def read(path: Path) -> Scenario:
    """Read a scenario.

    Raises:
        InvalidScenario: it cannot be read, or says what cannot be; every mistake with its place.
    """
    try:
        return Scenario.model_validate(_document(path, depth=0))
    except ValidationError as error:
        told = (_told(each["loc"], each["msg"]) for each in error.errors())
        raise InvalidScenario(*(f"{path}: {each}" for each in told)) from None


def _document(path: Path, *, depth: int) -> object:
    """A file; with `like`, that of the other file where it says nothing itself."""
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, ValueError, RecursionError) as error:
        raise InvalidScenario(f"{path}: {error}") from None
    if not isinstance(document, dict) or "like" not in document:
        return document
    like = document.pop("like")
    if not isinstance(like, str) or depth >= MAX_DEPTH:
        raise InvalidScenario(f"{path}: like: must name another file, and that one not this one")
    other = _document(path.parent / like, depth=depth + 1)
    if not isinstance(other, dict):
        raise InvalidScenario(f"{path}: like: {like} is no scenario")
    return other | {key: _laid_over(other.get(key), value) for key, value in document.items()}


def _laid_over(below: Any, above: Any) -> Any:
    """Of lists, entries of the same name replace each other, and further ones follow."""
    if not (isinstance(below, list) and isinstance(above, list)):
        return above
    named = {each.get("name"): each for each in above if isinstance(each, dict)}
    kept = [named.pop(each.get("name"), each) if isinstance(each, dict) else each for each in below]
    return [*kept, *named.values()]


def _told(location: tuple[int | str, ...], message: str) -> str:
    place = ".".join(str(part) for part in location)
    return f"{place or 'the file'}: {message.removeprefix('Value error, ')}"
