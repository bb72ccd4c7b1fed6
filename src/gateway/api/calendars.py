"""Calendars: when the team works. Rules ask the default one (`is_open`)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

import holidays
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.calendars import Hours, calendar_of, problems_of
from gateway.database.schema import BusinessCalendar, SlaPolicy
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found
from routing.problems import below

router = APIRouter(
    prefix="/v1/calendars", tags=["calendars"], responses=documented(401, 403, 422, 503)
)

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Start = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
End = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{1,10}$")]

EXAMPLE: dict[str, Any] = {
    "name": "Office",
    "timezone": "Europe/Rome",
    "week": {"monday": [{"from": "09:00", "to": "13:00"}, {"from": "14:00", "to": "18:00"}]},
    "country": "IT",
    "special": {"2026-12-31": [{"from": "09:00", "to": "12:00"}]},
}


class OpenHours(BaseModel):
    """Part of a day by the clock on the wall; `24:00` is its end."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[Start, Field(alias="from")]
    end: Annotated[End, Field(alias="to")]


DayHours = Annotated[list[OpenHours], Field(max_length=10)]


class CalendarIn(BaseModel):
    """Days that `week` leaves out are closed. `special` dates go before holidays and the week.

    `country` (ISO 3166) and its `subdivision` say whose public holidays are kept.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    timezone: Annotated[str, Field(max_length=64, description="Of the IANA database")]
    week: dict[Day, DayHours]
    country: Code | None = None
    subdivision: Code | None = None
    special: Annotated[dict[date, DayHours], Field(max_length=1_000)] = {}
    is_default: bool = False


class CalendarOut(BaseModel):
    """`is_open` now, until `changes_at`; `holiday` is the name of today's, if it is one."""

    id: UUID
    name: str
    timezone: str
    week: dict[Day, Hours]
    country: str | None
    subdivision: str | None
    special: dict[date, Hours]
    is_default: bool
    is_open: bool
    changes_at: datetime | None
    holiday: str | None


@router.get("")
async def list_calendars(gateway: Parts, caller: AgentCaller) -> list[CalendarOut]:
    """All, by name."""
    statement = (
        select(BusinessCalendar)
        .where(BusinessCalendar.workspace_id == caller.workspace_id)
        .order_by(BusinessCalendar.name, BusinessCalendar.id)
    )
    async with gateway.database.transaction() as session:
        return [_shown(row) for row in await session.scalars(statement)]


@router.post("", status_code=201)
async def create_calendar(gateway: Parts, caller: AdminCaller, body: CalendarIn) -> CalendarOut:
    """The first one becomes the default."""
    _check(body)
    row = BusinessCalendar(workspace_id=caller.workspace_id, id=new_id())
    async with configuring(gateway, caller.workspace_id) as session:
        await _fill(session, row, body)
        if not await _has_default(session, caller.workspace_id):
            row.is_default = True
        session.add(row)
        return _shown(row)


@router.get("/{id}", responses=documented(404))
async def get_calendar(gateway: Parts, caller: AgentCaller, id: UUID) -> CalendarOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await _find(session, caller.workspace_id, id))


@router.put("/{id}", responses=documented(404))
async def replace_calendar(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: CalendarIn,
) -> CalendarOut:
    """Change all of it; the default stays it until another one is made the default.

    Clocks of SLA policies that go by it are measured anew.
    """
    _check(body)
    async with configuring(gateway, caller.workspace_id) as session:
        row = await _find(session, caller.workspace_id, id)
        await _fill(session, row, body)
        await _remeasure(session, row)
        return _shown(row)


@router.delete("/{id}", status_code=204, responses=documented(404, 409))
async def delete_calendar(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Without a default calendar `is_open` is unknown."""
    async with configuring(gateway, caller.workspace_id) as session:
        row = await _find(session, caller.workspace_id, id)
        if names := await _policies(session, row):
            raise conflict(f"SLA policies go by it: change {', '.join(names)} first")
        await session.delete(row)


async def _remeasure(session: AsyncSession, row: BusinessCalendar) -> None:
    await session.execute(
        update(SlaPolicy)
        .where(SlaPolicy.workspace_id == row.workspace_id, SlaPolicy.calendar_id == row.id)
        .values(revision=SlaPolicy.revision + 1)
    )


async def _policies(session: AsyncSession, row: BusinessCalendar) -> list[str]:
    """The names of policies that go by a calendar, archived ones too: clocks may run under them."""
    statement = select(SlaPolicy.name).where(
        SlaPolicy.workspace_id == row.workspace_id, SlaPolicy.calendar_id == row.id
    )
    return [repr(name) for name in await session.scalars(statement.order_by(SlaPolicy.name))]


async def _find(session: AsyncSession, workspace_id: int, id_: UUID) -> BusinessCalendar:
    row = await session.get(BusinessCalendar, (workspace_id, id_))
    if row is None:
        raise not_found("calendar")
    return row


async def _has_default(session: AsyncSession, workspace_id: int) -> bool:
    statement = select(BusinessCalendar.id).where(
        BusinessCalendar.workspace_id == workspace_id, BusinessCalendar.is_default
    )
    return await session.scalar(statement) is not None


async def _fill(session: AsyncSession, row: BusinessCalendar, body: CalendarIn) -> None:
    row.name, row.timezone = body.name, body.timezone
    row.country, row.subdivision = body.country, body.subdivision
    row.week = {day: _hours(hours) for day, hours in body.week.items()}
    row.special = {day.isoformat(): _hours(hours) for day, hours in body.special.items()}
    if body.is_default and not row.is_default:
        await session.execute(
            update(BusinessCalendar)
            .where(BusinessCalendar.workspace_id == row.workspace_id, BusinessCalendar.is_default)
            .values(is_default=False)
        )
    row.is_default = body.is_default or bool(row.is_default)


def _hours(given: list[OpenHours]) -> Hours:
    return [{"from": each.start, "to": each.end} for each in given]


def _check(body: CalendarIn) -> None:
    """Raises Problem 422 with every mistake."""
    mistakes = [*_of_hours("/week", body.week), *_of_hours("/special", body.special)]
    if body.timezone not in available_timezones():
        mistakes.append(("/timezone", "is no zone of the IANA database, such as Europe/Rome"))
    countries = holidays.list_supported_countries()
    if body.country is not None and body.country not in countries:
        mistakes.append(("/country", "no holidays are known; use ISO 3166, such as IT"))
    elif body.subdivision is not None and body.subdivision not in countries.get(
        body.country or "", []
    ):
        mistakes.append(("/subdivision", "the country has none of this code"))
    if mistakes:
        raise invalid("the calendar has mistakes", mistakes)


def _of_hours(
    pointer: str, days: Mapping[Day, DayHours] | Mapping[date, DayHours]
) -> Iterator[tuple[str, str]]:
    for day, given in days.items():
        for place, what in problems_of(_hours(given)):
            yield below(below(pointer, str(day)), place), what


def _shown(row: BusinessCalendar) -> CalendarOut:
    calendar, now = calendar_of(row), datetime.now(UTC)
    return CalendarOut(
        id=row.id,
        name=row.name,
        timezone=row.timezone,
        week=row.week,
        country=row.country,
        subdivision=row.subdivision,
        special=row.special,
        is_default=row.is_default,
        is_open=calendar.is_open(now),
        changes_at=calendar.next_change(now),
        holiday=calendar.holiday(now.astimezone(calendar.zone).date()),
    )
