"""What figures are wanted to be."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete

from gateway.api.callers import AdminCaller, Parts, SupervisorCaller
from gateway.api.problems import documented
from gateway.database.schema import FigureTarget
from gateway.figures.definitions import DEFINITIONS, FigureName
from gateway.figures.targets import Targets, read_targets
from gateway.problems import invalid

router = APIRouter(
    prefix="/v1/figures/targets", tags=["figures"], responses=documented(401, 403, 422, 503)
)


class TargetIn(BaseModel):
    """`value` in the figure's unit: seconds of the median, a share from 0 to 1, or cases."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": 0.8}]})

    value: Annotated[float, Field(ge=0, le=1e12)]


@router.get("")
async def get_targets(gateway: Parts, caller: SupervisorCaller) -> Targets:
    """All that are set, by figure."""
    async with gateway.database.transaction() as session:
        return await read_targets(session, caller.workspace_id)


@router.put("/{figure}")
async def put_target(
    gateway: Parts, caller: AdminCaller, figure: FigureName, body: TargetIn
) -> TargetIn:
    """Say what a figure is wanted to be; figures then tell whether they are."""
    definition = DEFINITIONS[figure]
    if definition.better is None:
        what = "no value of this figure is better than another"
        raise invalid(what, [("/figure", "choose a figure whose `better` is set")])
    if definition.unit == "share" and body.value > 1:
        raise invalid("the target is out of reach", [("/value", "must be a share, at most 1")])
    values = {"workspace_id": caller.workspace_id, "figure": figure, "value": body.value}
    async with gateway.database.transaction() as session:
        await session.merge(FigureTarget(**values))
    return body


@router.delete("/{figure}", status_code=204)
async def delete_target(gateway: Parts, caller: AdminCaller, figure: FigureName) -> Response:
    """Want nothing particular of a figure; nothing happens where nothing was wanted."""
    async with gateway.database.transaction() as session:
        await session.execute(
            delete(FigureTarget).where(
                FigureTarget.workspace_id == caller.workspace_id, FigureTarget.figure == figure
            )
        )
    return Response(status_code=204)
