"""Macros: answers that agents give again and again, with what they do beside."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from channels.email.display import displayable
from gateway import rule_sets
from gateway.access.tokens import Principal
from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.seeing import require_seen
from gateway.api.texts import LanguageTag, Name, Text
from gateway.database.schema import Conversation, Macro
from gateway.ids import new_id
from gateway.macros.template import InvalidTemplate, read_template
from gateway.macros.using import acknowledging_with, present_macro, written
from gateway.macros.variables import KNOWN, VARIABLES
from gateway.problems import conflict, invalid, not_found
from routing.facts import Reference
from routing.problems import below

router = APIRouter(prefix="/v1/macros", tags=["macros"], responses=documented(401, 403, 422, 503))

MOST_LANGUAGES = 50

EXAMPLE: dict[str, Any] = {
    "name": "Parcel is on its way",
    "language": "en",
    "texts": {
        "en": {"text": "Dear {{contact.name|customer}},\n\nyour parcel is on its way."},
        "it": {"text": "Gentile {{contact.name|cliente}},\n\nil pacco è in viaggio."},
    },
    "tags": ["parcel"],
    "afterwards": "solve",
}


class MacroText(BaseModel):
    """`html` says the same, for mail; it loses what could run or hide."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[Text, Field(max_length=20_000)]
    html: Annotated[Text | None, Field(max_length=50_000)] = None


class MacroIn(BaseModel):
    """`texts` by language; that of `language` is for everybody whose language is not among them.

    Variables are written `{{name}}` or `{{name|what stands there if it is unknown}}`; GET
    /v1/macros/variables lists them. After the answer `tags` are added, the priority is set, and
    the conversation is solved if `afterwards` says so, or laid aside: until the customer writes, or
    `pend_hours` have passed.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    language: LanguageTag
    texts: Annotated[dict[LanguageTag, MacroText], Field(min_length=1, max_length=MOST_LANGUAGES)]
    tags: Annotated[list[Name], Field(max_length=20)] = []
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    afterwards: Literal["solve", "pend"] | None = None
    pend_hours: Annotated[int, Field(ge=1, le=8_760)] | None = None


class MacroOut(BaseModel):
    id: UUID
    name: str
    language: str
    texts: dict[str, MacroText]
    tags: list[str]
    priority: Literal["low", "normal", "high", "urgent"] | None
    afterwards: Literal["solve", "pend"] | None
    pend_hours: int | None
    created_at: datetime


class VariableOut(BaseModel):
    """What a text may name."""

    name: str
    meaning: str


class PreviewIn(BaseModel):
    """In `language`, or else in the conversation's."""

    model_config = ConfigDict(extra="forbid")

    conversation: UUID
    language: LanguageTag | None = None


class PreviewOut(BaseModel):
    """What the macro would say. For `missing` variables nothing stands in the text."""

    language: str
    text: str
    html: str | None
    missing: list[str]


@router.get("")
async def list_macros(gateway: Parts, caller: AgentCaller) -> list[MacroOut]:
    """All, by name."""
    statement = (
        select(Macro)
        .where(Macro.workspace_id == caller.workspace_id, Macro.archived_at.is_(None))
        .order_by(func.lower(Macro.name))
    )
    async with gateway.database.transaction() as session:
        return [_shown(row) for row in await session.scalars(statement)]


@router.get("/variables")
async def list_variables(caller: AgentCaller) -> list[VariableOut]:  # noqa: ARG001 - who is asked
    """What the texts may name, and nothing else."""
    return [VariableOut(name=name, meaning=meaning) for name, meaning in VARIABLES.items()]


@router.post("", status_code=201, responses=documented(409))
async def create_macro(gateway: Parts, caller: AdminCaller, body: MacroIn) -> MacroOut:
    texts = await asyncio.to_thread(_checked, body)
    row = Macro(workspace_id=caller.workspace_id, id=new_id())
    async with configuring(gateway, caller.workspace_id) as session:
        session.add(row)
        return await _saved(session, row, body, texts)


@router.get("/{id}", responses=documented(404))
async def get_macro(gateway: Parts, caller: AgentCaller, id: UUID) -> MacroOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await _find(session, caller, id))


@router.put("/{id}", responses=documented(404, 409))
async def replace_macro(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: MacroIn,
) -> MacroOut:
    """Change all of it; what was said with it stays as it was said."""
    texts = await asyncio.to_thread(_checked, body)
    async with configuring(gateway, caller.workspace_id) as session:
        return await _saved(session, await _find(session, caller, id), body, texts)


@router.delete("/{id}", status_code=204, responses=documented(404, 409))
async def archive_macro(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Take it away from agents; its name is free for another."""
    async with configuring(gateway, caller.workspace_id) as session:
        macro = await _find(session, caller, id)
        if names := await acknowledging_with(session, macro):
            raise conflict(f"it acknowledges messages: change {', '.join(names)} first")
        await rule_sets.require_unnamed(session, caller.workspace_id, Reference.MACRO, id)
        macro.archived_at = func.now()


@router.post("/{id}/preview", responses=documented(404))
async def preview_macro(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: PreviewIn,
) -> PreviewOut:
    """What the macro would say in a conversation if the caller sent it now."""
    await require_seen(gateway, caller, body.conversation)
    async with gateway.database.transaction() as session:
        macro = await _find(session, caller, id)
        conversation = await session.get(Conversation, (caller.workspace_id, body.conversation))
        if conversation is None:
            raise not_found("conversation")
        said = await written(session, macro, conversation, caller.agent_id, body.language)
    return PreviewOut(
        language=said.language, text=said.text, html=said.html, missing=sorted(said.missing)
    )


async def _find(session: AsyncSession, caller: Principal, id_: UUID) -> Macro:
    row = await present_macro(session, caller.workspace_id, id_)
    if row is None:
        raise not_found("macro")
    return row


def _checked(body: MacroIn) -> dict[str, dict[str, Any]]:
    """The texts as they are stored, HTML made safe.

    Raises:
        Problem: 422 with every mistake.
    """
    texts = {
        language: {
            "text": each.text,
            "html": displayable(each.html, remote_images=True) if each.html else None,
        }
        for language, each in body.texts.items()
    }
    mistakes = [*_mistakes(texts)]
    if body.language not in texts:
        mistakes.append(("/language", "must be one of those in `texts`"))
    if body.pend_hours is not None and body.afterwards != "pend":
        mistakes.append(("/pend_hours", "is only for macros that `pend` afterwards"))
    if mistakes:
        raise invalid("the macro has mistakes", mistakes)
    return texts


def _mistakes(texts: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for language, each in texts.items():
        for form, source in each.items():
            try:
                read_template(source or "", KNOWN, is_html=form == "html")
            except InvalidTemplate as error:
                where = below(below("/texts", language), form)
                for offset, what in error.mistakes:
                    yield where, f"at character {offset + 1}: {what}"


async def _saved(
    session: AsyncSession, row: Macro, body: MacroIn, texts: dict[str, dict[str, Any]]
) -> MacroOut:
    row.name, row.language, row.texts = body.name, body.language, texts
    row.tags = sorted(set(body.tags))
    row.priority, row.afterwards = body.priority, body.afterwards
    row.pend_hours = body.pend_hours
    try:
        await session.flush()
    except IntegrityError:
        raise conflict("another macro has this name") from None
    return _shown(row)


def _shown(row: Macro) -> MacroOut:
    return MacroOut.model_validate(row, from_attributes=True)
