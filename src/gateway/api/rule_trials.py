"""Trying the rules on a message that need not exist: nothing is stored, nothing moves."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway import rule_sets
from gateway.api.callers import AdminCaller, Parts
from gateway.api.problems import documented
from gateway.api.rule_models import RuleSetBody
from gateway.api.texts import Name, Text, Value, storable
from gateway.languages import add_language
from gateway.problems import invalid
from routing.engine import RuleSet
from routing.explanation import sentences
from routing.facts import ATTRIBUTE_PREFIX, Facts, FactValue, FieldType, field_named
from routing.operators import MAX_NUMBER
from routing.priority import Priority
from routing.problems import below

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=documented(401, 403, 422, 503))

Kind = Literal["email", "sms", "web_form", "chat"]


class SampleMessage(BaseModel):
    """A message as it could arrive; it opens a conversation, now, unless `facts` say otherwise."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    text: Annotated[Text, Field(max_length=100_000)]
    subject: Value | None = None
    sender: Value | None = None
    recipient: Value | None = None
    language: Value | None = None
    is_automatic: bool = False
    attachment_count: Annotated[int, Field(ge=0, le=1_000)] = 0
    tags: list[Value] = []
    attributes: dict[Name, Value] = {}


class Trial(BaseModel):
    """A sample message, single facts, or both: facts go before what the message says."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"message": {"kind": "email", "subject": "Refund", "text": "My money back!"}},
                {"facts": {"kind": "chat", "waiting": 600, "priority": "high"}},
            ]
        },
    )

    message: SampleMessage | None = None
    facts: Annotated[
        dict[str, Any],
        Field(description="By field name; durations in seconds, instants with offset"),
    ] = {}
    rules: Annotated[
        RuleSetBody | None, Field(description="A draft to try in place of the rules in force")
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> "Trial":
        if self.message is None and not self.facts:
            raise ValueError("give a message, facts, or both")
        return self


class TrialOut(BaseModel):
    """What would be decided; `because` says why in sentences, `explanation` in full.

    `rules_version` is 0 for a draft.
    """

    queue: str
    queue_name: str
    level: Literal[1, 2]
    priority: str
    tags: list[str]
    type: str | None
    language: str | None
    rules_version: int
    because: list[str]
    explanation: dict[str, Any]


@router.post("/test")
async def try_rules(gateway: Parts, caller: AdminCaller, body: Trial) -> TrialOut:
    """Decide about a message without storing anything."""
    rules = gateway.configuration.workspace(caller.workspace_id).rules
    if body.rules is not None:
        rules = _draft(gateway, caller.workspace_id, body.rules)
    known: dict[str, FactValue | None] = dict(_facts(body))
    await asyncio.to_thread(add_language, known, rules)
    decision = rules.decide(Facts(known))
    return TrialOut(
        queue=decision.queue,
        queue_name=decision.explanation["queue"]["name"],
        level=decision.level,
        priority=decision.priority,
        tags=list(decision.tags),
        type=decision.type,
        language=decision.language,
        rules_version=decision.rule_set_version,
        because=sentences(decision.explanation),
        explanation=dict(decision.explanation),
    )


def _draft(gateway: Parts, workspace_id: int, bodies: list[dict[str, Any]]) -> RuleSet:
    configuration = gateway.configuration.workspace(workspace_id)
    completed = [
        {"id": f"rule-{index}", "order": index, **body} for index, body in enumerate(bodies)
    ]
    rules = rule_sets.parse_all(completed, configuration.queues)
    return RuleSet(0, rules, configuration.queues, configuration.default_queue.id)


def _facts(trial: Trial) -> Facts:
    known: dict[str, FactValue | None] = _of_message(trial.message) if trial.message else {}
    problems = []
    for name, value in trial.facts.items():
        try:
            typed = _typed(name, value)
            Facts({name: typed})
        except (TypeError, ValueError) as error:
            problems.append((below("/facts", name), str(error)))
        else:
            known[name] = typed
    if problems:
        raise invalid("the facts have mistakes", problems)
    return Facts(known)


def _of_message(message: SampleMessage) -> dict[str, FactValue | None]:
    facts: dict[str, FactValue | None] = {
        "kind": message.kind,
        "text": message.text,
        "subject": message.subject,
        "sender": message.sender,
        "recipient": message.recipient,
        "language": message.language,
        "is_automatic": message.is_automatic,
        "attachment_count": message.attachment_count,
        "tags": frozenset(message.tags),
        "received_at": datetime.now(UTC),
        "is_new": True,
        "is_reopened": False,
        "message_count": 1,
    }
    return facts | {ATTRIBUTE_PREFIX + name: text for name, text in message.attributes.items()}


def _typed(name: str, value: Any) -> Any:
    """A fact from JSON; what has no such type is left for `Facts` to refuse."""
    field = field_named(storable(name))
    match field.type if field else None, value:
        case FieldType.SET, list():
            return frozenset(storable(str(item)) for item in value)
        case FieldType.DATETIME, str():
            return datetime.fromisoformat(value)
        case FieldType.PRIORITY, str():
            return Priority(value)
        case FieldType.NUMBER | FieldType.DURATION, int() if abs(value) > MAX_NUMBER:
            raise ValueError(f"must be a number of at most {MAX_NUMBER}")
        case _, str():
            return storable(value)
        case _:
            return value
