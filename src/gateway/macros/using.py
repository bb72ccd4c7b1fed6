"""A macro in a conversation: what it says there, and what it does beside saying it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.answers.expected import expected
from gateway.configuration import Configuration
from gateway.conversations.assigning import solve_now
from gateway.conversations.change import Change
from gateway.conversations.labelling import label
from gateway.conversations.messages import Draft
from gateway.conversations.pending import pend_now
from gateway.database.schema import Channel, Conversation, Macro, Workspace
from gateway.macros.texts import MacroTexts, Written
from gateway.macros.values import values_of
from gateway.problems import conflict, invalid


@dataclass(frozen=True, slots=True)
class MacroUse:
    """Which macro an agent answers with, in which language if not in the conversation's."""

    macro_id: UUID
    language: str | None = None


async def present_macro(session: AsyncSession, workspace_id: int, macro_id: UUID) -> Macro | None:
    """The macro, unless it is archived."""
    row = await session.get(Macro, (workspace_id, macro_id))
    return None if row is None or row.archived_at is not None else row


async def acknowledging_with(session: AsyncSession, macro: Macro) -> list[str]:
    """What acknowledges first messages with a macro, by name."""
    workspace = await session.get_one(Workspace, macro.workspace_id)
    statement = select(Channel.name).where(
        Channel.workspace_id == macro.workspace_id,
        Channel.archived_at.is_(None),
        Channel.settings["acknowledgement"].as_string() == str(macro.id),
    )
    own = ["the workspace"] if workspace.acknowledgement_id == macro.id else []
    return own + [f"channel {name!r}" for name in await session.scalars(statement)]


async def chosen(change: Change, use: MacroUse) -> Macro:
    """Raises Problem 422 where there is no such macro, or not any more."""
    macro = await present_macro(change.session, change.row.workspace_id, use.macro_id)
    if macro is None:
        what = "no macro has this id: choose another (GET /v1/macros)"
        raise invalid("the macro is not there", [("/macro", what)])
    return macro


async def written(
    session: AsyncSession,
    macro: Macro,
    conversation: Conversation,
    agent_id: UUID | None,
    language: str | None,
) -> Written:
    """What the macro says in a conversation."""
    texts = MacroTexts.of(macro)
    chosen_language = texts.nearest(language or conversation.language)
    values = await values_of(session, conversation, agent_id)
    expectation = await expected(session, conversation.workspace_id, conversation.queue_id)
    return texts.write({**values, **expectation.values(chosen_language)}, chosen_language)


async def said_by(
    change: Change, macro: Macro, use: MacroUse, agent_id: UUID, draft: Draft
) -> Draft:
    """The draft with the macro's words, where the agent has written none.

    Raises:
        Problem: 409, nothing is left of the macro's words where so much is unknown.
    """
    if draft.text or draft.html:
        return draft
    said = await written(change.session, macro, change.row, agent_id, use.language)
    if not said.text.strip():
        raise conflict(f"the macro {macro.name!r} says nothing here: write the answer yourself")
    return replace(draft, text=said.text, html=said.html)


async def act(change: Change, configuration: Configuration, macro: Macro, agent_id: UUID) -> None:
    """Do what the macro does beside its text, after the answer."""
    label(change, add=macro.tags, priority=macro.priority)
    if macro.afterwards == "solve":
        await solve_now(change, configuration, agent_id)
    elif macro.afterwards == "pend":
        hours = macro.pend_hours
        until = change.now + timedelta(hours=hours) if hours else None
        await pend_now(change, agent_id, until=until, keep=True)
