"""Figures as they are shown."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from gateway.figures.definitions import Definition, FigureName, Kind, Unit
from gateway.figures.progress import Progress
from gateway.figures.reading import Asked, Reading
from gateway.figures.targets import is_met

Trend = Literal["better", "worse", "same", "more", "less"]


class DefinitionOut(BaseModel):
    """`says` is the definition, `acting` what to do about it; `better` null: neither is."""

    name: FigureName
    area: str
    title: str
    kind: Kind
    unit: Unit
    says: str
    acting: str
    better: Literal["less", "more"] | None

    @classmethod
    def of(cls, definition: Definition) -> Self:
        return cls(**{name: getattr(definition, name) for name in cls.model_fields})


class PeriodOut(BaseModel):
    """Days from `since` until before `until` by the clock of `zone`, and as many before them.

    `as_of` is when the last event that is counted was written; `behind` so many are not yet.
    """

    since: date
    until: date
    compared_since: date
    compared_until: date
    zone: str
    as_of: datetime | None
    behind: int

    @classmethod
    def of(cls, asked: Asked, progress: Progress) -> Self:
        return cls(
            since=asked.since,
            until=asked.until,
            compared_since=asked.before,
            compared_until=asked.since,
            zone=asked.zone,
            as_of=progress.at,
            behind=progress.behind,
        )


class ReadingOut(BaseModel):
    """`value` is the figure: of durations the median; null where there are no cases.

    Seconds of percentiles are 4.8 % off at most, the mean is exact. `low` and `high` are where a
    share lies with 95 % confidence, were its cases a sample of more.
    """

    value: float | None
    cases: int
    mean: float | None = None
    p90: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, definition: Definition, reading: Reading) -> Self:
        out = cls(value=reading.value(definition), cases=reading.cases)
        if definition.kind == "duration" and reading.cases:
            out.mean = reading.seconds / reading.cases
            out.p90 = reading.percentile(0.9)
        if (interval := reading.interval(definition)) is not None:
            out.low, out.high = interval
        return out


class ComparedOut(BaseModel):
    """A figure beside that of the period before; `change` is by how much of that it has grown."""

    now: ReadingOut
    before: ReadingOut
    change: float | None
    trend: Annotated[Trend | None, Field(description="null where one of them has no cases")]

    @classmethod
    def of(cls, definition: Definition, now: Reading, before: Reading) -> Self:
        new, old = ReadingOut.of(definition, now), ReadingOut.of(definition, before)
        change = None
        if new.value is not None and old.value:
            change = (new.value - old.value) / old.value
        return cls(now=new, before=old, change=change, trend=_trend(definition, new, old))


def _trend(definition: Definition, now: ReadingOut, before: ReadingOut) -> Trend | None:
    if now.value is None or before.value is None:
        return None
    if now.value == before.value:
        return "same"
    way: Literal["more", "less"] = "more" if now.value > before.value else "less"
    if definition.better is None:
        return way
    return "better" if way == definition.better else "worse"


class GroupOut(ComparedOut):
    key: Annotated[str | None, Field(description="null: cases that have none")]


class DefinedOut(ComparedOut):
    """`target` is what the workspace wants of it, `is_met` whether it is so now."""

    figure: DefinitionOut
    target: float | None
    is_met: Annotated[bool | None, Field(description="null without a target, or without cases")]


class FigureOut(DefinedOut):
    """`groups` where the figure was asked for `by` something: an id, a name, a number, a day."""

    period: PeriodOut
    groups: list[GroupOut]


class OverviewOut(BaseModel):
    figures: list[DefinedOut]
    period: PeriodOut


Compared = tuple[Reading, Reading]


def defined(
    definition: Definition, groups: Mapping[str, Compared], target: float | None
) -> DefinedOut:
    """A figure that was asked for as a whole."""
    compared = ComparedOut.of(definition, *groups.get("", (Reading(), Reading())))
    return DefinedOut(
        **compared.model_dump(),
        figure=DefinitionOut.of(definition),
        target=target,
        is_met=is_met(definition, compared.now.value, target),
    )


def grouped(definition: Definition, groups: Mapping[str, Compared]) -> list[GroupOut]:
    told = {key: ComparedOut.of(definition, *groups[key]) for key in sorted(groups)}
    return [GroupOut(key=key or None, **each.model_dump()) for key, each in told.items()]


class CaseOut(BaseModel):
    """What a conversation adds to a figure; `until` null of a stay open that lasts."""

    conversation: UUID
    at: datetime
    until: datetime | None
    seconds: int | None
    business_s: int | None
    hit: bool
    queue: UUID | None
    level: int | None
    channel: UUID | None
    agent: UUID | None
    type: str | None
    priority: str | None
    language: str | None
    tags: list[str]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        ids = {name: row[f"{name}_id"] for name in ("conversation", "queue", "channel", "agent")}
        return cls(**{name: row[name] for name in cls.model_fields if name not in ids}, **ids)
