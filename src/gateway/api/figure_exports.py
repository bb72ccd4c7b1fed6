"""Figures as files: a row per figure and group, as CSV for spreadsheets or as JSON."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gateway.api.callers import Parts, SupervisorCaller
from gateway.api.figure_models import grouped
from gateway.api.figures import By, Period
from gateway.api.problems import documented
from gateway.database.connections import fetch_in
from gateway.figures.definitions import DEFINITIONS, FigureName
from gateway.figures.progress import read_progress
from gateway.figures.reading import BY_TIME, Readings, read

router = APIRouter(prefix="/v1/figures", tags=["figures"], responses=documented(401, 403, 422, 503))

CSV = "text/csv"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would compute, if a cell began so."""


class ExportWanted(Period):
    """The query of an export."""

    by: Annotated[By, Field(description="What to tell the cases apart by")] = "day"
    format: Literal["csv", "json"] = "csv"


class RowOut(BaseModel):
    """A figure of a group in the period, and in the period before; seconds or shares as `unit`."""

    figure: FigureName
    unit: Literal["cases", "seconds", "share"]
    by: By
    key: str | None
    cases: int
    value: float | None
    mean: float | None
    p90: float | None
    low: float | None
    high: float | None
    cases_before: int
    value_before: float | None


@router.get(
    "/export",
    response_model=list[RowOut],
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def export_figures(
    gateway: Parts, caller: SupervisorCaller, query: Annotated[ExportWanted, Query()]
) -> Any:
    """All figures that can be told apart so, as CSV with a line of names, or as JSON.

    What is told by days or months has nothing beside it, and no backlog: that is of an instant.
    """
    shown = [
        each for each in DEFINITIONS.values() if each.kind != "level" or query.by not in BY_TIME
    ]
    async with gateway.database.transaction() as session:
        progress = await read_progress(session, caller.workspace_id)
        asked = query.asked(progress, by=query.by)
        readings = await read(await fetch_in(session), caller.workspace_id, shown, asked)
    rows = [row for row in _rows(readings, query.by) if row.cases or query.by not in BY_TIME]
    if query.format == "json":
        return rows
    name = f"figures-{asked.since}-{asked.until}-by-{query.by}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_csv(rows), media_type=CSV, headers=headers)


def _rows(readings: Readings, by: By) -> Iterator[RowOut]:
    for name, groups in readings.items():
        definition = DEFINITIONS[name]
        for group in grouped(definition, groups):
            yield RowOut(
                figure=definition.name,
                unit=definition.unit,
                by=by,
                key=group.key,
                **group.now.model_dump(),
                cases_before=group.before.cases,
                value_before=group.before.value,
            )


def _csv(rows: list[RowOut]) -> str:
    """As RFC 4180 has it; no cell begins as a formula would."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(RowOut.model_fields))
    writer.writeheader()
    for row in rows:
        key = row.key or ""
        harmless = f"'{key}" if key.startswith(FORMULAS) else key
        writer.writerow({**row.model_dump(), "key": harmless})
    return out.getvalue()
