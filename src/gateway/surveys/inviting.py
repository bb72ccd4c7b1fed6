"""Asks customers how they were served: once per solved conversation and survey, or says why not.

The message is written in the transaction that notes the invitation, and delivered as every other.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import Configuration
from gateway.conversations.change import Change, locked
from gateway.conversations.messages import Draft, add_reply
from gateway.database.connections import Database
from gateway.database.schema import Message, Survey, SurveyInvitation
from gateway.feed.log import EventType
from gateway.ids import new_id
from gateway.problems import Problem
from gateway.surveys.links import stand_in
from gateway.surveys.phrases import PHRASES, question_of, spoken
from gateway.surveys.scales import SCALES
from gateway.wakeups import Topic, Wakeups

EVERY_S: Final = 5.0
BATCH: Final = 100
STANDS_FOR: Final = timedelta(days=14)
"""How long an invitation can be answered."""

DUE = text("""
SELECT s.workspace_id, s.id AS survey_id, c.id AS conversation_id
  FROM survey s
  JOIN conversation c ON c.workspace_id = s.workspace_id AND c.status = 'solved'
                     AND c.solved_at + make_interval(secs => s.delay_s) <= :now
                     AND c.solved_at + make_interval(secs => s.delay_s, days => 3) > :now
                     AND c.solved_at > CAST(:now AS timestamptz) - interval '10 days'
                     AND c.solved_at > s.enabled_at
 WHERE s.archived_at IS NULL
   AND NOT EXISTS (SELECT FROM survey_invitation i
                    WHERE (i.workspace_id, i.conversation_id, i.survey_id)
                        = (s.workspace_id, c.id, s.id))
 ORDER BY c.solved_at, c.id, s.id
 LIMIT :limit
""")

HOLD_CONTACT = text("""
SELECT contact.id FROM contact
  JOIN identity i ON (i.workspace_id, i.contact_id) = (contact.workspace_id, contact.id)
  JOIN conversation c ON (c.workspace_id, c.identity_id) = (i.workspace_id, i.id)
 WHERE c.workspace_id = :workspace_id AND c.id = :conversation_id
   FOR NO KEY UPDATE OF contact
""")

JUDGE = text("""
SELECT EXISTS (SELECT FROM message m
                WHERE (m.workspace_id, m.conversation_id) = (c.workspace_id, c.id)
                  AND m.direction = 'outbound' AND m.agent_id IS NOT NULL) AS was_answered,
       coalesce((SELECT m.automatic FROM message m
                  WHERE (m.workspace_id, m.conversation_id) = (c.workspace_id, c.id)
                    AND m.direction = 'inbound' ORDER BY m.seq DESC LIMIT 1), true) AS by_machine,
       EXISTS (SELECT FROM opt_out o
                WHERE (o.workspace_id, o.identity_id) = (c.workspace_id, c.identity_id)
              ) AS opted_out,
       EXISTS (SELECT FROM survey_invitation i
                 JOIN conversation v ON (v.workspace_id, v.id)
                                      = (i.workspace_id, i.conversation_id)
                 JOIN identity other ON (other.workspace_id, other.id)
                                      = (v.workspace_id, v.identity_id)
                WHERE i.workspace_id = c.workspace_id AND other.contact_id = :contact_id
                  AND i.message_id IS NOT NULL
                  AND i.created_at > CAST(:now AS timestamptz)
                                    - make_interval(days => :cap_days)) AS too_soon
  FROM conversation c
 WHERE c.workspace_id = :workspace_id AND c.id = :conversation_id
""")


class Inviter:
    """Runs until cancelled; any number of workers share one database."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        wakeups: Wakeups,
        public_url: str,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._wakeups = wakeups
        self._public_url = public_url.rstrip("/")

    async def run(self) -> None:
        while True:
            if not await self.invite_due(datetime.now(UTC)):
                await asyncio.sleep(EVERY_S)

    async def invite_due(self, now: datetime) -> int:
        """Ask about what is due, each in a transaction of its own; returns how many were due."""
        async with self._database.transaction() as session:
            due = (await session.execute(DUE, {"now": now, "limit": BATCH})).all()
        for workspace_id, survey_id, conversation_id in due:
            await self._invite(workspace_id, survey_id, conversation_id, now)
        if due:
            self._wakeups.notify(Topic.DELIVERY, Topic.FEED)
        return len(due)

    async def _invite(
        self, workspace_id: int, survey_id: UUID, conversation_id: UUID, now: datetime
    ) -> None:
        where = {"workspace_id": workspace_id, "conversation_id": conversation_id}
        async with self._database.transaction() as session:
            contact_id = await session.scalar(HOLD_CONTACT, where)
            survey = await session.get_one(Survey, (workspace_id, survey_id))
            if contact_id is None or not await _is_open(session, where, survey_id):
                return
            asked = {**where, "contact_id": contact_id, "cap_days": survey.cap_days, "now": now}
            verdict = (await session.execute(JUDGE, asked)).mappings().one()
            async with locked(session, workspace_id, conversation_id) as change:
                await self._note(change, survey, _reason(dict(verdict)), now)

    async def _note(
        self, change: Change, survey: Survey, reason: str | None, now: datetime
    ) -> None:
        row = SurveyInvitation(
            workspace_id=survey.workspace_id,
            id=new_id(),
            survey_id=survey.id,
            conversation_id=change.row.id,
            agent_id=change.row.assignee_id,
            skipped=reason,
            language=spoken(change.row.language),
            created_at=now,
            expires_at=now + STANDS_FOR,
        )
        if reason is None:
            try:
                row.message_id = await self._ask(change, survey, row)
            except Problem:
                row.skipped = "unreachable"
        change.session.add(row)

    async def _ask(self, change: Change, survey: Survey, row: SurveyInvitation) -> UUID:
        url = self._public_url + stand_in(row.id)
        draft = _draft(survey, row.language, url)
        message_id = await add_reply(change, self._configuration, None, draft)
        message = await change.session.get_one(Message, (row.workspace_id, message_id))
        message.automatic = True
        told = {"id": survey.id, "kind": survey.kind, "invitation": row.id}
        change.tell(EventType.SURVEY_SENT, {"conversation": {}, "survey": told})
        return message_id


async def _is_open(session: AsyncSession, where: dict[str, Any], survey_id: UUID) -> bool:
    """Whether it is still solved, and nobody else has asked meanwhile: its contact is held."""
    statement = text("""
SELECT c.id FROM conversation c
 WHERE c.workspace_id = :workspace_id AND c.id = :conversation_id AND c.status = 'solved'
   AND NOT EXISTS (SELECT FROM survey_invitation i
                    WHERE (i.workspace_id, i.conversation_id, i.survey_id)
                        = (c.workspace_id, c.id, :survey_id))
""")
    return await session.scalar(statement, {**where, "survey_id": survey_id}) is not None


def _reason(verdict: dict[str, bool]) -> str | None:
    """Why nobody is asked; None where they are."""
    if not verdict["was_answered"]:
        return "no_answer"
    reasons = {"by_machine": "machine", "opted_out": "opted_out", "too_soon": "too_soon"}
    return next((reason for name, reason in reasons.items() if verdict[name]), None)


def _draft(survey: Survey, language: str, url: str) -> Draft:
    say = PHRASES[language]
    question = question_of(survey.kind, survey.questions, language)
    least, most = say.ends[survey.kind]
    scores = SCALES[survey.kind].scores
    links = " ".join(f'<a href="{escape(url)}?score={score}">{score}</a>' for score in scores)
    html = (
        f"<p>{escape(question)}</p>\n<p>{escape(say.answer)} {links}</p>\n"
        f"<p>{scores[0]}: {escape(least)}, {scores[-1]}: {escape(most)}</p>"
    )
    return Draft(text=f"{question}\n\n{say.answer}\n{url}", html=html)
