"""The report of a week, as its mail has it."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from gateway.api.callers import Parts, SupervisorCaller
from gateway.api.figure_models import ComparedOut, DefinitionOut
from gateway.api.problems import documented
from gateway.composition import Gateway
from gateway.figures.progress import read_progress
from gateway.problems import invalid
from gateway.reporting.attention import Finding
from gateway.reporting.page import as_html, attention_lines, title_of
from gateway.reporting.weeks import WeeklyReport, last_monday, read_week

router = APIRouter(
    prefix="/v1/reports/weekly", tags=["figures"], responses=documented(401, 403, 422, 503)
)

HTML = "text/html; charset=utf-8"
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
FIRST, LAST = date(2000, 1, 3), date(9000, 1, 1)

Monday = Annotated[
    date | None, Query(description="The Monday that the week begins with; the last one if not told")
]


class FindingOut(ComparedOut):
    """What became worse by so many standard `deviations`, or misses its target.

    `by` and `key` say of which group, null of all.
    """

    figure: DefinitionOut
    by: str | None
    key: str | None
    deviations: float
    misses_target: bool
    says: str


class WeeklyReportOut(BaseModel):
    """Three things at most most worth attention, the surest first; `rising` are types."""

    monday: date
    title: str
    attention: list[FindingOut]
    rising: list[FindingOut]
    behind: int


@router.get("")
async def get_weekly_report(
    gateway: Parts, caller: SupervisorCaller, monday: Monday = None
) -> WeeklyReportOut:
    """What of a week is most worth attention, with its evidence."""
    report = await _read(gateway, caller.workspace_id, monday)
    says = attention_lines(report)
    return WeeklyReportOut(
        monday=report.monday,
        title=title_of(report),
        attention=[_finding(*each) for each in zip(report.attention, says, strict=True)],
        rising=[_finding(each, "") for each in report.rising],
        behind=report.behind,
    )


@router.get("/page", response_class=Response, responses={200: {"content": {HTML: {}}}})
async def get_weekly_page(
    gateway: Parts, caller: SupervisorCaller, monday: Monday = None
) -> Response:
    """The same with all figures, as a page that needs nothing else: to keep, print or pass on."""
    report = await _read(gateway, caller.workspace_id, monday)
    public_url = gateway.settings.public_url
    body = as_html(report, f"{public_url.rstrip('/')}/desk" if public_url else None)
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title_of(report)}</title></head>\n"
        f'<body style="font-family:sans-serif;max-width:50em;margin:2em auto">\n{body}\n'
        "</body></html>\n"
    )
    return Response(page, media_type=HTML, headers=HEADERS)


async def _read(gateway: Gateway, workspace_id: int, monday: date | None) -> WeeklyReport:
    async with gateway.database.transaction() as session:
        if monday is None:
            monday = last_monday((await read_progress(session, workspace_id)).today)
        if monday.weekday() != 0 or not FIRST <= monday <= LAST:
            what = f"must be a Monday since {FIRST}, such as {_monday_before(monday)}"
            raise invalid("a week begins with its Monday", [("/monday", what)])
        return await read_week(session, workspace_id, monday)


def _monday_before(day: date) -> date:
    near = min(max(day, FIRST), LAST)
    return near - timedelta(days=near.weekday())


def _finding(finding: Finding, says: str) -> FindingOut:
    each = finding.candidate
    return FindingOut(
        **ComparedOut.of(each.figure, each.now, each.before).model_dump(),
        figure=DefinitionOut.of(each.figure),
        by=each.by,
        key=each.key,
        deviations=finding.deviations,
        misses_target=finding.misses_target,
        says=says,
    )
