"""What a customer says of how they were served, and what follows."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.conversations.change import Change, locked
from gateway.database.connections import Database
from gateway.database.schema import Conversation, Survey, SurveyInvitation
from gateway.feed.log import EventType, append_in, in_place
from gateway.problems import Problem, not_found
from gateway.surveys.links import Key

REVIEWED = text("""
SELECT EXISTS (
    SELECT FROM conversation c
      JOIN identity own ON (own.workspace_id, own.id) = (c.workspace_id, c.identity_id)
      JOIN identity other ON (other.workspace_id, other.contact_id)
                           = (own.workspace_id, own.contact_id)
      JOIN conversation v ON (v.workspace_id, v.identity_id) = (other.workspace_id, other.id)
      JOIN survey_invitation i ON (i.workspace_id, i.conversation_id) = (v.workspace_id, v.id)
     WHERE c.workspace_id = :workspace_id AND c.id = :conversation_id
       AND i.reviewed_at IS NOT NULL AND i.id <> :invitation_id)
""")


@record
class Asked:
    """An invitation with its survey, as its page shows it."""

    survey: Survey
    invitation: SurveyInvitation

    @property
    def is_over(self) -> bool:
        return (
            self.invitation.message_id is None
            or self.survey.archived_at is not None
            or self.invitation.expires_at < datetime.now(UTC)
        )


async def read_asked(session: AsyncSession, key: Key, *, held: bool = False) -> Asked:
    """Raises Problem 404 if it is gone with its conversation."""
    invitation = await session.get(SurveyInvitation, key, with_for_update=held or None)
    if invitation is None:
        raise not_found("survey")
    survey = await session.get_one(Survey, (key[0], invitation.survey_id))
    return Asked(survey=survey, invitation=invitation)


async def answer(database: Database, key: Key, score: int, comment: str | None) -> str | None:
    """Keep an answer in place of the one before; returns the address of a review to ask for.

    Raises:
        Problem: 404 if it is gone, 410 if it is over.
    """
    async with database.transaction() as session:
        conversation = await _held(session, key)
        asked = await read_asked(session, key, held=True)
        if asked.is_over:
            raise Problem(410, "Gone", "this survey is over")
        invitation = asked.invitation
        is_new = invitation.score != score
        invitation.score, invitation.comment = score, comment
        invitation.answered_at = datetime.now(UTC)
        review = await _review(session, asked)
        if is_new:
            await _tell(session, conversation, asked)
    return review


async def _held(session: AsyncSession, key: Key) -> Conversation:
    """The conversation, locked before what belongs to it."""
    invitation = await session.get(SurveyInvitation, key)
    if invitation is None:
        raise not_found("survey")
    conversation = await session.get(
        Conversation, (key[0], invitation.conversation_id), with_for_update={"key_share": True}
    )
    if conversation is None:
        raise not_found("survey")
    return conversation


async def _tell(session: AsyncSession, conversation: Conversation, asked: Asked) -> None:
    survey, invitation = asked.survey, asked.invitation
    told = {"id": survey.id, "kind": survey.kind, "invitation": invitation.id}
    data: dict[str, Any] = {"conversation": {}, "survey": {**told, "score": invitation.score}}
    if conversation.status == "closed":
        happening = in_place(
            conversation, EventType.SURVEY_ANSWERED, data, version=conversation.version
        )
        await append_in(session, happening)
        return
    async with locked(session, conversation.workspace_id, conversation.id) as change:
        change.tell(EventType.SURVEY_ANSWERED, data)
        if survey.low_score is not None and (invitation.score or 0) <= survey.low_score:
            _call(change, survey)


def _call(change: Change, survey: Survey) -> None:
    """Let supervisors look, and the matter go on where the survey wants it."""
    if survey.reopens and change.row.status == "solved":
        change.row.solved_at = None
        change.enter_queue(change.row.queue_id, change.now)
        changed = {"status": "queued", "assignee": None, "solved_at": None}
        change.tell(EventType.REOPENED, {"conversation": changed, "survey": {"id": survey.id}})
    notices = [f"low score: {survey.name}"]
    change.tell(EventType.ALERTED, {"conversation": {}, "notices": notices})


async def _review(session: AsyncSession, asked: Asked) -> str | None:
    """Where a public review may be written, for who was happy and was never asked before."""
    survey, invitation = asked.survey, asked.invitation
    wanted = survey.review_url is not None and survey.review_from is not None
    if not wanted or (invitation.score or 0) < (survey.review_from or 0):
        return None
    before = {
        "workspace_id": survey.workspace_id,
        "conversation_id": invitation.conversation_id,
        "invitation_id": invitation.id,
    }
    if await session.scalar(REVIEWED, before):
        return None
    invitation.reviewed_at = invitation.reviewed_at or datetime.now(UTC)
    return survey.review_url


async def of_conversation(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> list[Asked]:
    """What surveys have done about a conversation, in order."""
    statement = (
        select(Survey, SurveyInvitation)
        .join(
            SurveyInvitation,
            (SurveyInvitation.workspace_id == Survey.workspace_id)
            & (SurveyInvitation.survey_id == Survey.id),
        )
        .where(
            Survey.workspace_id == workspace_id,
            SurveyInvitation.conversation_id == conversation_id,
        )
        .order_by(SurveyInvitation.id)
    )
    rows = await session.execute(statement)
    return [Asked(survey=survey, invitation=invitation) for survey, invitation in rows]
