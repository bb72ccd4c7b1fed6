"""Searching what was said, and by whom."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.callers import AgentCaller, Parts
from gateway.api.contacts import ContactOut
from gateway.api.contacts import shown as shown_contact
from gateway.api.conversation_lists import Filters
from gateway.api.pages import encode_cursor, place_after
from gateway.api.problems import documented
from gateway.api.texts import Text
from gateway.contacts.reading import list_contacts
from gateway.feed.item import ConversationItem
from gateway.search.finding import Hit, Place, find_messages
from gateway.search.highlights import Highlight, Piece

router = APIRouter(prefix="/v1/search", tags=["search"], responses=documented(401, 403, 422, 503))

CONTACTS = 5

EXAMPLE: dict[str, Any] = {
    "field": "text",
    "pieces": [
        {"text": "Where is my ", "hit": False},
        {"text": "parcel", "hit": True},
        {"text": "?", "hit": False},
    ],
}


class SearchWanted(Filters):
    """The query of a search."""

    q: Annotated[
        Text,
        Field(
            max_length=200,
            description='Words that are all there, a "phrase", `or`, and `-` before what is not',
            examples=["parcel -refund"],
        ),
    ]
    cursor: Annotated[
        str | None, Field(max_length=500, description="`next` of the page before")
    ] = None
    limit: Annotated[int, Field(ge=1, le=50, description="Messages per page")] = 20

    def after(self) -> Place | None:
        return None if self.cursor is None else Place(*place_after(self.cursor))


class PieceOut(BaseModel):
    """Plain text, never markup; `hit` where it is what was asked for."""

    text: str
    hit: bool


class HighlightOut(BaseModel):
    """A passage that matches: its pieces in their order."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    field: Literal["subject", "text"]
    pieces: list[PieceOut]


class HitOut(BaseModel):
    """A message that matches, and the conversation that it is in now.

    `agent` is who wrote it, null of customers and of the gateway's own. `highlights` are empty
    where only words match that the message's language passes over, such as articles.
    """

    message: UUID
    seq: int
    direction: Literal["inbound", "outbound", "note"]
    agent: UUID | None
    created_at: datetime
    rank: float
    highlights: list[HighlightOut]
    conversation: ConversationItem


class SearchOut(BaseModel):
    """`contacts` are on the first page alone, five at most: GET /v1/contacts?q= has them all."""

    messages: list[HitOut]
    contacts: list[ContactOut]
    next: str | None = Field(description="Pass as `cursor` for the following page")


@router.get("")
async def search(
    gateway: Parts, caller: AgentCaller, query: Annotated[SearchWanted, Query()]
) -> SearchOut:
    """Messages by their words, the best first, and contacts by what names or addresses begin with.

    Of messages it finds what the caller may see, closed conversations included. The newest
    thousand that match are ranked; narrow the search to reach others. A message can be found
    about a second after it came.
    """
    after = query.after()
    async with gateway.database.transaction() as session:
        found = await find_messages(
            session, caller, query.q, query.narrowed(caller), limit=query.limit, after=after
        )
        contacts = (
            []
            if after
            else await list_contacts(
                session, caller.workspace_id, beginning=query.q, after=None, limit=CONTACTS
            )
        )
    definitions = gateway.configuration.workspace(caller.workspace_id).attributes
    following = found.following
    return SearchOut(
        messages=[*map(_hit, found.hits)],
        contacts=[shown_contact(each, definitions) for each in contacts],
        next=following and encode_cursor(following.rank, following.message_id, following.newest),
    )


def _hit(hit: Hit) -> HitOut:
    return HitOut(
        message=hit.message_id,
        seq=hit.seq,
        direction=hit.direction,
        agent=hit.agent_id,
        created_at=hit.created_at,
        rank=hit.rank,
        highlights=[*map(_highlight, hit.highlights)],
        conversation=hit.conversation,
    )


def _highlight(highlight: Highlight) -> HighlightOut:
    return HighlightOut(field=highlight.field, pieces=[*map(_piece, highlight.pieces)])


def _piece(piece: Piece) -> PieceOut:
    return PieceOut(text=piece.text, hit=piece.is_hit)
