"""Backtests over HTTP: lines of JSON as they come, until the result or the end of the call."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway import references
from gateway.api.callers import AdminCaller, Parts
from gateway.api.problems import documented
from gateway.api.rule_versions import LARGEST, contents
from gateway.rulebook import versions
from gateway.rulebook.backtests import references_told

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=documented(401, 403, 422, 503))

NDJSON = "application/x-ndjson"
MOST = 100_000_000


class BacktestIn(BaseModel):
    """The newest conversations come first; `since` and `until` bound the time of the decisions."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"version": "draft", "limit": 100}]}
    )

    version: Annotated[
        Literal["draft", "published"] | Annotated[int, Field(ge=0, le=LARGEST)],
        Field(description="The rules to test: a version's number, `draft` or `published`"),
    ] = "draft"
    limit: Annotated[int, Field(ge=1, le=MOST, description="Decisions at most")] = 1_000_000
    since: AwareDatetime = datetime(1970, 1, 1, tzinfo=UTC)
    until: AwareDatetime = datetime(9999, 1, 1, tzinfo=UTC)


@router.post(
    "/backtest",
    response_class=StreamingResponse,
    responses={
        **documented(404, 409),
        200: {"description": "Lines of JSON", "content": {NDJSON: {"schema": {"type": "string"}}}},
    },
)
async def backtest(gateway: Parts, caller: AdminCaller, body: BacktestIn) -> StreamingResponse:
    """What rules would have made of stored decisions: `progress` lines, then the `result`.

    Decisions that cannot be taken again exactly, since they need a text that is gone, are counted
    apart as `inexact`, with the reasons. `unmatched` are rules that matched nothing. Hanging up
    ends it.
    """
    async with gateway.database.transaction() as session:
        rules, _ = await contents(session, caller.workspace_id, body.version)
        await versions.check(session, caller.workspace_id, rules)
        there = await references.present(session, caller.workspace_id)
    request: dict[str, Any] = {
        "rules": rules,
        **references_told(there),
        **body.model_dump(mode="json", exclude={"version"}),
    }
    gateway.backtests.claim(caller.workspace_id)
    return StreamingResponse(gateway.backtests.run(caller.workspace_id, request), media_type=NDJSON)
