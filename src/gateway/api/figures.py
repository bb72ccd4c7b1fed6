"""Figures of the service: what they are, what they were, and the conversations behind them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.callers import Parts, SupervisorCaller
from gateway.api.figure_models import (
    CaseOut,
    DefinitionOut,
    FigureOut,
    OverviewOut,
    PeriodOut,
    defined,
    grouped,
)
from gateway.api.pages import Page, case_after, encode_cursor
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.database.connections import fetch_in
from gateway.figures.definitions import DEFINITIONS, FigureName
from gateway.figures.drilling import Place, read_cases
from gateway.figures.progress import Progress, read_progress
from gateway.figures.reading import BY_TIME, USUAL_DAYS, Asked, Clock, read
from gateway.figures.targets import read_targets
from gateway.problems import invalid

router = APIRouter(prefix="/v1/figures", tags=["figures"], responses=documented(401, 403, 422, 503))

By = Literal[
    "day", "month", "hour", "weekday", "queue", "level", "channel", "agent", "type", "tag",
    "priority", "language", "policy",
]  # fmt: skip
LONGEST_DAYS = 3_660
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(9000, 1, 1)


class Period(BaseModel):
    """The query of a period: whole days by the clock of the default calendar."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: Annotated[
        date | None,
        Field(alias="from", description="The first day; 28 days before `until` if not given"),
    ] = None
    until: Annotated[
        date | None, Field(description="The day after the last; tomorrow if not given")
    ] = None
    clock: Annotated[
        Clock, Field(description="Whether durations count all time, or that of the calendar")
    ] = "wall"

    def asked(self, progress: Progress, **more: Any) -> Asked:
        """Raises Problem 422 for a period that ends before it begins, or is too long."""
        until = self.until or progress.today + timedelta(days=1)
        if not FIRST_DAY <= until <= LAST_DAY:
            raise invalid("the period is out of reach", [("/until", "must be a year since 2000")])
        since = self.since or until - timedelta(days=USUAL_DAYS)
        if not FIRST_DAY <= since < until or (until - since).days > LONGEST_DAYS:
            what = f"must be earlier than `until`, by at most {LONGEST_DAYS} days, since 2000"
            raise invalid("the period is none", [("/from", what)])
        return Asked(since=since, until=until, clock=self.clock, zone=progress.zone, **more)


class FigureWanted(Period):
    """The query of a figure."""

    figure: FigureName
    queue: UUID | None = None
    level: Annotated[int | None, Field(ge=1, le=3)] = None
    channel: UUID | None = None
    agent: UUID | None = None
    type: Name | None = None
    tag: Name | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    language: Annotated[str | None, Field(max_length=20)] = None
    policy: Annotated[UUID | None, Field(description="An SLA policy's; only clocks have one")] = (
        None
    )

    @property
    def filters(self) -> dict[str, str]:
        names = (
            "queue", "level", "channel", "agent", "type", "tag", "priority", "language", "policy"
        )  # fmt: skip
        told = {name: getattr(self, name) for name in names}
        return {name: str(value) for name, value in told.items() if value is not None}


class BreakdownWanted(FigureWanted):
    by: Annotated[By | None, Field(description="What to tell the cases apart by")] = None


class CasesWanted(FigureWanted):
    hit: Annotated[
        bool | None, Field(description="Of a share: only cases that are one, or that are none")
    ] = None
    cursor: Annotated[
        str | None, Field(max_length=500, description="`next` of the page before")
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Items per page")] = 50

    def after(self) -> Place | None:
        return None if self.cursor is None else case_after(self.cursor)


@router.get("/definitions")
async def get_definitions(_: SupervisorCaller) -> list[DefinitionOut]:
    """Every figure that there is: what it is, and what acting on it means."""
    return [DefinitionOut.of(each) for each in DEFINITIONS.values()]


@router.get("/overview")
async def get_overview(
    gateway: Parts, caller: SupervisorCaller, query: Annotated[Period, Query()]
) -> OverviewOut:
    """All figures that days tell, of a period beside the one before it.

    `uncompleted` is not among them: it is counted from the conversations themselves.
    """
    shown = [each for each in DEFINITIONS.values() if each.name != "uncompleted"]
    async with gateway.database.transaction() as session:
        progress = await read_progress(session, caller.workspace_id)
        asked = query.asked(progress)
        readings = await read(await fetch_in(session), caller.workspace_id, shown, asked)
        targets = await read_targets(session, caller.workspace_id)
    figures = [defined(each, readings[each.name], targets.get(each.name)) for each in shown]
    return OverviewOut(figures=figures, period=PeriodOut.of(asked, progress))


@router.get("")
async def get_figure(
    gateway: Parts, caller: SupervisorCaller, query: Annotated[BreakdownWanted, Query()]
) -> FigureOut:
    """One figure of a period beside the period before it, with its definition.

    Cases are told apart by what they were when they counted, in which queue and with whom; by
    type, priority, language and tags as they are now.
    """
    definition = DEFINITIONS[query.figure]
    if definition.kind == "level" and query.by in BY_TIME:
        what = "is told for an instant: ask for one period after the other"
        raise invalid("this figure cannot be told so", [("/by", what)])
    async with gateway.database.transaction() as session:
        progress = await read_progress(session, caller.workspace_id)
        fetch = await fetch_in(session)
        whole = query.asked(progress, filters=query.filters)
        parts = replace(whole, by=query.by)
        readings = await read(fetch, caller.workspace_id, [definition], whole)
        groups = await read(fetch, caller.workspace_id, [definition], parts) if query.by else {}
        target = (await read_targets(session, caller.workspace_id)).get(definition.name)
    return FigureOut(
        **defined(definition, readings[definition.name], target).model_dump(),
        period=PeriodOut.of(whole, progress),
        groups=grouped(definition, groups.get(definition.name, {})),
    )


@router.get("/conversations")
async def get_cases(
    gateway: Parts, caller: SupervisorCaller, query: Annotated[CasesWanted, Query()]
) -> Page[CaseOut]:
    """The conversations behind a figure, the latest first; those that were erased are left out."""
    after = query.after()
    async with gateway.database.transaction() as session:
        progress = await read_progress(session, caller.workspace_id)
        rows = await read_cases(
            await fetch_in(session),
            caller.workspace_id,
            DEFINITIONS[query.figure],
            query.asked(progress, filters=query.filters),
            limit=query.limit + 1,
            after=after,
            hit=query.hit,
        )
    shown, more = rows[: query.limit], len(rows) > query.limit
    last = [shown[-1][name] for name in ("at", "conversation_id", "n")] if more else None
    return Page(items=[CaseOut.of(row) for row in shown], next=last and encode_cursor(*last))
