"""Trying rules on a message that need not exist: nothing is stored, nothing moves."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, Parts
from gateway.api.problems import documented
from gateway.api.rule_models import RuleSetBody
from gateway.api.rule_versions import LARGEST, contents
from gateway.problems import not_found
from gateway.rulebook import versions
from gateway.rulebook.replaying import RECALLED, Recalled, Wanted, recall
from gateway.rulebook.samples import Sample, decide, facts_of
from routing.engine import RuleSet
from routing.explanation import sentences
from routing.queues import Level

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=documented(401, 403, 422, 503))

OF_MESSAGE = f"""{RECALLED}
 WHERE d.workspace_id = :workspace AND d.message_id = :message
   AND d.conversation_id = (SELECT conversation_id FROM message
                             WHERE workspace_id = :workspace AND id = :message)
 ORDER BY d.id LIMIT 1
"""  # noqa: S608 - both halves are ours


class Trial(Sample):
    """A sample message, a message that is stored, single facts: facts go before what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"message": {"kind": "email", "subject": "Refund", "text": "My money back!"}},
                {"facts": {"kind": "chat", "waiting": 600, "priority": "high"}},
                {"facts": {"sign": "breached", "metric": "first_response", "overdue": 60}},
            ]
        },
    )

    message_id: Annotated[
        UUID | None, Field(description="A stored message, in place of a sample one")
    ] = None
    version: Annotated[
        Literal["draft", "published"] | Annotated[int, Field(ge=0, le=LARGEST)],
        Field(description="The rules to try: a version's number, `draft` or `published`"),
    ] = "published"
    rules: Annotated[
        RuleSetBody | None, Field(description="Rules to try in place of any that are stored")
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> "Trial":
        if not self.says_something and self.message_id is None:
            raise ValueError("give a message, a message_id, facts, or some of them")
        if self.message is not None and self.message_id is not None:
            raise ValueError("give a message or a message_id, not both")
        return self


class TrialOut(BaseModel):
    """What would be decided; `because` says why in sentences, `explanation` in full.

    `preferred_skills` says for how many seconds each is insisted on (null: it is not). `sla`,
    `acknowledge` and `assignee` are ids. `rules_version` is 0 for a draft. `lacking`
    says what of a stored message may not be as it was.
    """

    queue: str
    queue_name: str
    level: Level
    priority: str
    tags: list[str]
    type: str | None
    language: str | None
    skills: list[str]
    preferred_skills: dict[str, float | None]
    sla: str | None
    acknowledge: str | None
    assignee: str | None
    notify: list[str]
    rules_version: int
    because: list[str]
    explanation: dict[str, Any]
    lacking: list[str] = []


@router.post("/test", responses=documented(404))
async def try_rules(gateway: Parts, caller: AdminCaller, body: Trial) -> TrialOut:
    """Decide about a message without storing anything."""
    facts = facts_of(body)
    lacking: list[str] = []
    async with gateway.database.transaction() as session:
        rules = await _rules(gateway, session, caller.workspace_id, body)
        if body.message_id is not None:
            recalled = await _recalled(session, caller.workspace_id, body.message_id, rules)
            facts = {**recalled.facts, **facts}
            lacking = sorted(recalled.lacking)
    decision = await asyncio.to_thread(decide, rules, facts)
    return TrialOut(
        queue=decision.queue,
        queue_name=decision.explanation["queue"]["name"],
        level=decision.level,
        priority=decision.priority,
        tags=list(decision.tags),
        type=decision.type,
        language=decision.language,
        skills=list(decision.skills),
        preferred_skills=dict(decision.preferred_skills),
        sla=decision.sla,
        acknowledge=decision.acknowledge,
        assignee=decision.assignee,
        notify=list(decision.notify),
        rules_version=decision.rule_set_version,
        because=sentences(decision.explanation),
        explanation=dict(decision.explanation),
        lacking=lacking,
    )


async def _rules(gateway: Parts, session: AsyncSession, workspace_id: int, trial: Trial) -> RuleSet:
    if trial.rules is not None:
        completed = [
            {"id": f"rule-{index}", "order": index, **body}
            for index, body in enumerate(trial.rules)
        ]
        return await versions.check(session, workspace_id, completed)
    if trial.version == "published":
        return gateway.configuration.workspace(workspace_id).rules
    rules, _ = await contents(session, workspace_id, trial.version)
    number = trial.version if isinstance(trial.version, int) else 0
    return await versions.check(session, workspace_id, rules, version=number)


async def _recalled(
    session: AsyncSession, workspace_id: int, message_id: UUID, rules: RuleSet
) -> Recalled:
    values = {"workspace": workspace_id, "message": message_id}
    row = (await session.execute(text(OF_MESSAGE), values)).mappings().first()
    if row is None:
        raise not_found("message with a decision")
    return recall(dict(row), Wanted.by(rules))
