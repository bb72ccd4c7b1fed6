"""What the rules of a workspace make of a clock's sign: decided, written down, and done with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from channels.records import record
from gateway.configuration import WorkspaceConfiguration
from gateway.conversations.change import Change
from gateway.conversations.labelling import MOST_TAGS, label, place_anew
from gateway.conversations.moving import move_up
from gateway.database.schema import Contact, Conversation, Decision, Identity
from gateway.feed.log import EventType
from gateway.ids import new_id, parse_id
from gateway.ingest.deciding import sla_state, storable
from gateway.rulebook.outcomes import COMPARED, SOMETIMES, outcome_of
from gateway.rulebook.shadowing import shadowed
from gateway.sla.clock_rows import MeasuredClock
from routing import engine
from routing.clocks import Sign
from routing.facts import ATTRIBUTE_PREFIX, SIGN, Facts, FactValue
from routing.priority import Priority

log = structlog.get_logger(__name__)


@record
class SignRuling:
    """What is to be done about a sign; `decision` is None where the rules have failed."""

    id: UUID
    facts: dict[str, FactValue | None]
    decision: engine.Decision | None
    shadow: dict[str, Any] | None
    error: str | None = None


async def ask(
    change: Change, workspace: WorkspaceConfiguration, sign: Sign, clock: MeasuredClock
) -> SignRuling | None:
    """Ask the rules about a sign of a locked conversation; None where no rule is about clocks."""
    asked = (workspace.rules, workspace.shadow)
    if not any(rules.acts_on_clocks for rules in asked if rules):
        return None
    facts = await _facts(change, workspace, sign, clock)
    try:
        known = Facts(facts)
        decision = workspace.rules.decide(known)
        shadow = shadowed(workspace.shadow, decision, known, None) if workspace.shadow else None
    except Exception as error:
        log.exception("routing.failed", conversation=str(change.row.id))
        return SignRuling(new_id(), facts, None, None, f"the rules failed: {type(error).__name__}")
    return SignRuling(new_id(), facts, decision, shadow)


async def act(change: Change, workspace: WorkspaceConfiguration, ruling: SignRuling) -> None:
    """Do what has been decided, and store the decision with what came of it."""
    decision, facts = ruling.decision, storable(ruling.facts)
    outcome = {name: facts.get(name) for name in COMPARED if name not in SOMETIMES}
    if decision is not None:
        await _label(change, decision)
        outcome = outcome_of(decision) | {"applied": await _move(change, decision)}
        if decision.notify:
            data = {"conversation": {}, "notices": decision.notify, "decision": ruling.id}
            change.tell(EventType.ALERTED, data)
    change.session.add(
        Decision(
            workspace_id=change.row.workspace_id,
            conversation_id=change.row.id,
            id=ruling.id,
            message_id=None,
            rule_set_version=workspace.rules.version,
            facts=facts,
            outcome=outcome,
            explanation=decision and dict(decision.explanation),
            error=ruling.error,
            shadow=ruling.shadow,
            decided_at=change.now,
        )
    )


async def _label(change: Change, decision: engine.Decision) -> None:
    """Clocks make nothing less urgent, and give no more tags than a conversation may have.

    What an agent has said of the priority they leave as it is.
    """
    row = change.row
    is_raised = row.priority_by is None and decision.priority > row.priority
    tags = decision.tags if len(decision.tags) <= MOST_TAGS else ()
    label(change, add=tags, priority=decision.priority.value if is_raised else None)
    if is_raised:
        await place_anew(change)


async def _move(change: Change, decision: engine.Decision) -> bool:
    """Whether the conversation is where the rules want it."""
    if decision.explanation["queue"]["by"] != "rule":
        return True
    return await move_up(change, parse_id(decision.queue))


async def _facts(
    change: Change, workspace: WorkspaceConfiguration, sign: Sign, clock: MeasuredClock
) -> dict[str, FactValue | None]:
    """The facts of `routing.facts`, for one sign of a clock."""
    row, now = change.row, change.now
    channel = workspace.channels.get(row.channel_id)
    queue = workspace.queues.get(str(row.queue_id))
    is_overdue = sign is Sign.BREACHED and clock.due_at is not None
    facts: dict[str, FactValue | None] = {
        SIGN: sign.value,
        "metric": clock.clock.metric.value,
        "overdue": (now - clock.due_at).total_seconds() if is_overdue and clock.due_at else None,
        "kind": channel.config.kind if channel else None,
        "channel": str(row.channel_id),
        "tags": frozenset(row.tags),
        "type": row.type,
        "language": row.language,
        "priority": Priority(row.priority),
        "queue": str(row.queue_id),
        "level": queue.level if queue else None,
        "sla": str(row.sla_policy_id),
        "sla_state": sla_state(row.due_at, now),
        "previous_agent": str(row.assignee_id) if row.assignee_id else None,
        "message_count": row.message_count,
        "waiting": _waiting(row, now),
        "is_open": workspace.calendar.is_open(now) if workspace.calendar else None,
    }
    attributes = row.attributes | await _attributes(change)
    return facts | {ATTRIBUTE_PREFIX + name: value for name, value in attributes.items()}


def _waiting(row: Conversation, now: datetime) -> float | None:
    waits = row.status in {"queued", "offered"}
    return (now - row.opened_at).total_seconds() if waits else None


async def _attributes(change: Change) -> dict[str, str]:
    """What is known of the contact."""
    row = change.row
    statement = (
        select(Contact.attributes)
        .join(
            Identity,
            (Identity.workspace_id == Contact.workspace_id) & (Identity.contact_id == Contact.id),
        )
        .where(Identity.workspace_id == row.workspace_id, Identity.id == row.identity_id)
    )
    return await change.session.scalar(statement) or {}
