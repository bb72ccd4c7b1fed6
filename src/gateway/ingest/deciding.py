"""Asks the rules about a message, and never fails: work without a decision goes to the default."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog

from channels.records import record
from gateway.configuration import WorkspaceConfiguration
from gateway.ids import parse_id
from gateway.ingest.histories import Past, history
from gateway.ingest.identities import KnownIdentity
from gateway.ingest.state import ConversationState
from gateway.ingest.submission import Submission
from gateway.languages import add_language
from gateway.rulebook.shadowing import shadowed
from routing.explanation import Explanation
from routing.facts import ATTRIBUTE_PREFIX, FIELDS, Facts, FactValue, days_counted
from routing.priority import Priority

log = structlog.get_logger(__name__)


@record
class Occasion:
    """A message in its place: what the rules are asked about.

    `state` is None for a message that opens a conversation. `past` are the contact's other
    conversations; None where no rule asks for them.
    """

    submission: Submission
    identity: KnownIdentity
    state: ConversationState | None
    is_reopening: bool
    past: Sequence[Past] | None = None


@record
class Ruling:
    """A decision with the facts that may be stored, or the error that it replaces.

    Skills are as in `routing.engine.Decision`; `sla_policy_id`, `acknowledge` and
    `assignee` are ids of an SLA policy, a macro and an agent. `shadow` is what the rules beside
    those in force would have decided otherwise.
    """

    queue_id: UUID
    level: int
    priority: str
    tags: frozenset[str]
    type: str | None
    language: str | None
    sla_policy_id: UUID | None
    preferred_skills: Mapping[str, float | None]
    rule_set_version: int
    facts: dict[str, Any]
    explanation: Explanation | None
    error: str | None = None
    shadow: dict[str, Any] | None = None
    skills: tuple[str, ...] = ()
    acknowledge: UUID | None = None
    assignee: UUID | None = None


def rule(occasion: Occasion, configuration: WorkspaceConfiguration) -> Ruling:
    facts: dict[str, FactValue | None] = {}
    previous = str(occasion.state.queue_id) if occasion.state else None
    try:
        facts = gather(occasion)
        if configuration.calendar is not None:
            facts["is_open"] = configuration.calendar.is_open(occasion.submission.received_at)
        facts["sla"] = _policy(occasion.state, configuration)
        if occasion.past is not None:
            received_at = occasion.submission.received_at
            facts |= history(occasion.past, received_at, configuration.history)
        add_language(facts, configuration.rules)
        if configuration.types is not None:
            written = f"{facts['subject'] or ''} {facts['text']}"
            facts["suggested_type"] = configuration.types.suggest(written)
        known = Facts(facts)
        decision = configuration.rules.decide(known, fallback_queue=previous)
    except Exception as error:
        log.exception("routing.failed", channel=str(occasion.submission.channel.config.id))
        return _without_rules(configuration, facts, f"the rules failed: {type(error).__name__}")
    return Ruling(
        queue_id=parse_id(decision.queue),
        level=decision.level,
        priority=decision.priority.value,
        tags=frozenset(decision.tags),
        type=decision.type,
        language=decision.language,
        sla_policy_id=_id(decision.sla),
        preferred_skills=decision.preferred_skills,
        rule_set_version=decision.rule_set_version,
        facts=storable(facts),
        explanation=decision.explanation,
        shadow=shadowed(configuration.shadow, decision, known, previous)
        if configuration.shadow
        else None,
        skills=decision.skills,
        acknowledge=_id(decision.acknowledge),
        assignee=_id(decision.assignee),
    )


def _policy(state: ConversationState | None, configuration: WorkspaceConfiguration) -> str | None:
    """The SLA policy that holds unless a rule chooses another."""
    policy = (state and state.sla_policy_id) or configuration.sla.default
    return None if policy is None else str(policy)


def _id(text: str | None) -> UUID | None:
    return None if text is None else parse_id(text)


def _without_rules(
    configuration: WorkspaceConfiguration, facts: dict[str, FactValue | None], error: str
) -> Ruling:
    queue = configuration.default_queue
    return Ruling(
        queue_id=parse_id(queue.id),
        level=queue.level,
        priority=Priority.NORMAL.value,
        tags=frozenset(),
        type=None,
        language=None,
        sla_policy_id=configuration.sla.default,
        preferred_skills={},
        rule_set_version=configuration.rules.version,
        facts=storable(facts),
        explanation=None,
        error=error,
    )


def gather(occasion: Occasion) -> dict[str, FactValue | None]:
    """The facts of `routing.facts`, for one message."""
    submission, state = occasion.submission, occasion.state
    inbound = submission.inbound
    facts: dict[str, FactValue | None] = {
        "kind": inbound.kind,
        "channel": str(submission.channel.config.id),
        "recipient": inbound.recipient or None,
        "sender": inbound.sender.address,
        "subject": inbound.subject,
        "text": inbound.text if inbound.new_text is None else inbound.new_text,
        "is_automatic": inbound.automatic,
        "automatic_kind": inbound.automatic_kind,
        "attachment_count": submission.file_count,
        "received_at": submission.received_at,
        "is_new": state is None,
        "is_reopened": occasion.is_reopening,
        "message_count": 1 if state is None else state.message_count + 1,
    }
    facts |= inbound.authentication
    facts |= _of_conversation(state, submission.received_at)
    claimed = {**inbound.contact_attributes, **inbound.attributes}
    if state is not None and state.attributes != "{}":
        claimed |= orjson.loads(state.attributes)
    for name, value in (claimed | occasion.identity.attributes).items():  # what we know goes first
        facts[ATTRIBUTE_PREFIX + name] = value
    return facts


def _of_conversation(state: ConversationState | None, now: datetime) -> dict[str, FactValue | None]:
    if state is None:
        return {"tags": frozenset()}
    waits = state.status in {"queued", "offered"}
    return {
        "tags": state.tags,
        "type": state.type,
        "language": state.language,
        "priority": Priority(state.priority),
        "previous_queue": str(state.queue_id),
        "previous_agent": str(state.assignee_id) if state.assignee_id else None,
        "sla_state": sla_state(state.due_at, now),
        "waiting": (now - state.opened_at).total_seconds() if waits else None,
    }


def sla_state(due_at: datetime | None, now: datetime) -> str | None:
    """The fact `sla_state` of a conversation whose first clock is due then."""
    if due_at is None:
        return None
    return "overdue" if due_at < now else "on_time"


PUBLIC = frozenset(name for name, field in FIELDS.items() if not field.is_private)


def storable(facts: dict[str, FactValue | None]) -> dict[str, Any]:
    """The facts without texts: a decision outlives the words that it was taken on."""
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in facts.items()
        if (name in PUBLIC or days_counted(name)) and value is not None
    }
