"""The feed for those who cannot keep a websocket, and tickets for those who can."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, StreamingResponse

from gateway.access.tickets import issue_ticket
from gateway.access.tokens import Principal
from gateway.api.callers import AgentCaller, Parts
from gateway.api.problems import documented
from gateway.composition import Gateway
from gateway.feed.asyncapi import description
from gateway.feed.client_frames import Filter, Sub
from gateway.feed.closing import Close
from gateway.feed.event_stream import EventStream
from gateway.feed.log import EventType
from gateway.feed.reading import Reading
from gateway.problems import Problem, invalid, unavailable

router = APIRouter(tags=["feed"], responses=documented(401, 403, 422, 503))

EVENT_STREAM = "text/event-stream"
NAME = "feed"
LONGEST_WAIT_S = 60.0


class TicketOut(BaseModel):
    """Send `ticket` as the token of the first frame: it opens one websocket."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ticket": "tk_...", "expires_at": "2026-11-26T08:00:00Z"}]}
    )

    ticket: str
    expires_at: datetime


class FramesOut(BaseModel):
    """Frames as on the websocket; ask with `cursor` for those that follow."""

    cursor: str
    frames: list[dict[str, Any]]


@router.post("/v1/feed/tickets", status_code=201)
async def create_ticket(gateway: Parts, caller: AgentCaller) -> TicketOut:
    """A secret for one connection to the feed within a minute, as good as the caller's token.

    For pages: a session's cookie is not seen by scripts, and a token need not be.
    """
    async with gateway.database.transaction() as session:
        ticket, expires_at = await issue_ticket(session, caller)
    return TicketOut(ticket=ticket, expires_at=expires_at)


@router.get("/asyncapi.json", include_in_schema=False)
async def describe() -> JSONResponse:
    """The frames of the websocket, for machines."""
    return JSONResponse(description())


class FeedQuery(BaseModel):
    """As the frame `sub` of the websocket; without a cursor it begins with a snapshot."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str | None, Field(max_length=200)] = None
    queues: Annotated[list[UUID] | None, Field(max_length=200)] = None
    assigned_to_me: bool = False
    conversations: Annotated[list[UUID] | None, Field(max_length=1_000)] = None
    types: list[EventType] | None = None
    wait: Annotated[
        float, Field(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for an event")
    ] = 25.0

    def request(self, cursor: str | None) -> Sub:
        chosen = Filter(
            queues=None if self.queues is None else frozenset(self.queues),
            assigned_to_me=self.assigned_to_me,
            conversations=None if self.conversations is None else frozenset(self.conversations),
            types=None if self.types is None else frozenset(self.types),
        )
        return Sub(t="sub", id=NAME, filter=chosen, cursor=cursor, snapshot=cursor is None)


@router.get(
    "/feed",
    response_model=FramesOut,
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
)
async def read_feed(
    gateway: Parts,
    caller: AgentCaller,
    query: Annotated[FeedQuery, Query()],
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[
        str | None, Header(max_length=200, description="Of an event stream: the cursor")
    ] = None,
) -> Response:
    """The feed by long poll, or as Server-Sent Events where the caller accepts these.

    A poll is answered as soon as there is something, else after `wait` seconds.
    """
    if query.assigned_to_me and caller.agent_id is None:
        raise invalid("the filter has a mistake", [("/assigned_to_me", "needs an agent's token")])
    if EVENT_STREAM in accept:
        request = query.request(last_event_id or query.cursor)
        return StreamingResponse(
            _streamed(gateway, caller, request),
            media_type=EVENT_STREAM,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
    async with gateway.feed.reading(caller, query.request(query.cursor)) as reading:
        return await _polled(reading, query)


async def _polled(reading: Reading, query: FeedQuery) -> Response:
    try:
        frames = await reading.answer()
        if len(frames) <= 1 and query.cursor is not None:
            frames += await reading.more(query.wait)
    except Close as end:
        raise Problem(503, "Service Unavailable", end.detail or "the feed is closing") from None
    if reading.cursor is None:
        raise unavailable("the database is away, try again")
    cursor = orjson.dumps(reading.cursor)
    body = b'{"cursor":%b,"frames":[%b]}' % (cursor, b",".join(frames))
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


async def _streamed(gateway: Gateway, caller: Principal, request: Sub) -> AsyncIterator[bytes]:
    async with gateway.feed.reading(caller, request) as reading:
        async for part in EventStream(reading):
            yield part
