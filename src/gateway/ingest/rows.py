"""The rows of a batch, table by table, each written in one go."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import ceil
from typing import Any

import asyncpg

from channels.contract import DeliveryReport, EmailHeaders
from gateway.database.connections import to_json
from gateway.ids import new_id
from gateway.ingest import insertion
from gateway.ingest.deciding import Ruling
from gateway.ingest.placing import Placed, Placement, Waiting
from gateway.ingest.state import ConversationState
from routing.priority import Priority

CHANGED_CONVERSATIONS = """
UPDATE conversation c
   SET status = n.status, queue_id = n.queue_id, priority = n.priority,
       assignee_id = n.assignee_id, type = n.type, tags = n.tags::text[], version = n.version,
       message_count = n.message_count, last_message_at = n.last_message_at,
       solved_at = n.solved_at, sla_policy_id = n.sla_policy_id, due_at = n.due_at,
       snoozed_until = n.snoozed_until,
       pending_since = CASE n.status WHEN 'pending' THEN c.pending_since END
  FROM unnest($1::int[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::text[],
              $8::text[], $9::int[], $10::int[], $11::timestamptz[], $12::timestamptz[],
              $13::uuid[], $14::timestamptz[], $15::timestamptz[])
       AS n (workspace_id, id, status, queue_id, priority, assignee_id, type, tags, version,
             message_count, last_message_at, solved_at, sla_policy_id, due_at, snoozed_until)
 WHERE (c.workspace_id, c.id) = (n.workspace_id, n.id)
"""

RAISED = """
UPDATE queue_entry q SET effective_at = q.queued_at - n.boost
  FROM unnest($1::int[], $2::uuid[], $3::interval[]) AS n (workspace_id, conversation_id, boost)
 WHERE (q.workspace_id, q.conversation_id) = (n.workspace_id, n.conversation_id)
   AND q.left_at IS NULL
"""

WISHES = """
UPDATE conversation c
   SET required_skills = n.required_skills::text[], preferred_skills = n.preferred_skills::jsonb,
       preferred_agent_id = n.preferred_agent_id
  FROM unnest($1::int[], $2::uuid[], $3::text[], $4::text[], $5::uuid[])
       AS n (workspace_id, id, required_skills, preferred_skills, preferred_agent_id)
 WHERE (c.workspace_id, c.id) = (n.workspace_id, n.id)
"""

LINKS = """
INSERT INTO conversation_link (workspace_id, conversation_id, other_id)
SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[])
ON CONFLICT DO NOTHING
"""

COLUMNS = {
    "conversation": (
        "workspace_id, id, channel_id, identity_id, subject, status, queue_id, priority, type, "
        "language, tags, version, message_count, opened_at, last_message_at, sla_policy_id, due_at"
    ),
    "queue_entry": "workspace_id, conversation_id, id, queue_id, queued_at, effective_at",
    "message": (
        "workspace_id, id, conversation_id, seq, direction, channel_id, identity_id, subject, "
        "text, new_text, html, email, attributes, automatic, automatic_kind, "
        "authentication, reports, sent_at, created_at"
    ),
    "raw_payload": "workspace_id, message_id, content_type, envelope, body, sha256",
    "attachment": (
        "workspace_id, id, message_id, filename, content_type, declared_type, size, sha256, "
        "refused, inline, content_id"
    ),
    "remote_file": (
        "workspace_id, id, message_id, channel_id, url, content_type, filename, state, due_at"
    ),
    "decision": (
        "workspace_id, conversation_id, id, message_id, rule_set_version, facts, outcome, "
        "explanation, error, shadow, decided_at"
    ),
}
"""What is written of a new row, table by table."""


async def write(connection: "asyncpg.Connection[Any]", placement: Placement) -> None:
    """Everything but the events."""
    states = placement.states.values()
    touched = {placed.state.id for placed in placement.placed}
    changed = [_changed(state) for state in states if not state.is_new and state.id in touched]
    if changed:
        await connection.execute(CHANGED_CONVERSATIONS, *zip(*changed, strict=True))
    placed = placement.placed
    new = {
        "conversation": [_new(state) for state in states if state.is_new],
        "queue_entry": [_entry(waiting) for waiting in placement.waiting],
        "message": [_message(each) for each in placed],
        "raw_payload": [_raw(each) for each in placed],
        "attachment": [row for each in placed for row in _attachments(each)],
        "remote_file": [row for each in placed for row in _remote_files(each)],
        "decision": [_decision(each, placement) for each in placed],
    }
    await insertion.insert(connection, COLUMNS, new)
    raised = [_raised(placement.states[id_]) for id_ in sorted(placement.raised)]
    if raised:
        await connection.execute(RAISED, *zip(*raised, strict=True))
    wishes = [_wishes(placed) for placed in placement.placed if placed.is_particular]
    if wishes:
        await connection.execute(WISHES, *zip(*wishes, strict=True))
    if placement.links:
        await connection.execute(LINKS, *zip(*placement.links, strict=True))


def _text_array(values: Iterable[str]) -> str:
    """PostgreSQL's array literal: `unnest` cannot carry arrays of different lengths."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in sorted(values))
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def _wishes(placed: Placed) -> tuple[Any, ...]:
    """Seconds are whole ones here; a skill that nobody waits for is preferred for none."""
    ruling = placed.ruling
    preferred = {skill: ceil(after or 0) for skill, after in ruling.preferred_skills.items()}
    skills = _text_array(ruling.skills), to_json(preferred)
    return placed.state.workspace_id, placed.state.id, *skills, ruling.assignee


def _new(state: ConversationState) -> tuple[Any, ...]:
    return (
        state.workspace_id,
        state.id,
        state.channel_id,
        state.identity_id,
        state.subject,
        state.status,
        state.queue_id,
        state.priority,
        state.type,
        state.language,
        sorted(state.tags),
        state.version,
        state.message_count,
        state.opened_at,
        state.last_message_at,
        state.sla_policy_id,
        state.due_at,
    )


def _changed(state: ConversationState) -> tuple[Any, ...]:
    return (
        state.workspace_id,
        state.id,
        state.status,
        state.queue_id,
        state.priority,
        state.assignee_id,
        state.type,
        _text_array(state.tags),
        state.version,
        state.message_count,
        state.last_message_at,
        state.solved_at,
        state.sla_policy_id,
        state.due_at,
        state.snoozed_until,
    )


def _entry(waiting: Waiting) -> tuple[Any, ...]:
    state = waiting.state
    return (
        state.workspace_id,
        state.id,
        new_id(),
        waiting.queue_id,
        waiting.queued_at,
        waiting.effective_at,
    )


def _raised(state: ConversationState) -> tuple[Any, ...]:
    return state.workspace_id, state.id, Priority(state.priority).boost


def _message(placed: Placed) -> tuple[Any, ...]:
    submission, inbound = placed.arrival.submission, placed.arrival.submission.inbound
    return (
        submission.workspace_id,
        placed.arrival.message_id,
        placed.state.id,
        placed.seq,
        "inbound",
        submission.channel.config.id,
        placed.arrival.identity.id,
        inbound.subject,
        inbound.text,
        inbound.new_text,
        inbound.html,
        to_json(email_document(inbound.email)) if inbound.email else None,
        to_json(dict(inbound.attributes)) if inbound.attributes else None,
        inbound.automatic,
        inbound.automatic_kind,
        to_json(dict(inbound.authentication)) if inbound.authentication else None,
        to_json([report_document(report) for report in inbound.reports])
        if inbound.reports
        else None,
        inbound.sent_at,
        submission.received_at,
    )


def report_document(report: DeliveryReport) -> dict[str, Any]:
    """An entry of `message.reports`: the names of `DeliveryReport`, without what is empty."""
    return {name: value for name, value in asdict(report).items() if value}


def email_document(headers: EmailHeaders) -> dict[str, Any]:
    """`message.email`: the names of `EmailHeaders`, its author as `from`."""
    author = headers.author
    return {
        "from": {"address": author.address, "name": author.name} if author else None,
        "message_id": headers.message_id,
        "in_reply_to": headers.in_reply_to,
        "references": headers.references,
        "reply_to": headers.reply_to,
        "to": headers.to,
        "cc": headers.cc,
        "spam": headers.spam,
    }


def _raw(placed: Placed) -> tuple[Any, ...]:
    submission = placed.arrival.submission
    return (
        submission.workspace_id,
        placed.arrival.message_id,
        submission.payload.content_type,
        to_json(dict(submission.payload.envelope)),
        None if submission.blob else submission.payload.body,
        submission.blob,
    )


def _attachments(placed: Placed) -> Sequence[tuple[Any, ...]]:
    submission = placed.arrival.submission
    return [
        (
            submission.workspace_id,
            new_id(),
            placed.arrival.message_id,
            stored.filename,
            stored.content_type,
            stored.declared_type,
            stored.size,
            stored.sha256,
            stored.refused,
            stored.inline,
            stored.content_id,
        )
        for stored in submission.attachments
    ]


def _remote_files(placed: Placed) -> Sequence[tuple[Any, ...]]:
    submission = placed.arrival.submission
    return [
        (
            submission.workspace_id,
            new_id(),
            placed.arrival.message_id,
            submission.channel.config.id,
            file.url,
            file.content_type,
            file.filename,
            "waiting",
            submission.received_at,
        )
        for file in submission.inbound.files
    ]


def _decision(placed: Placed, placement: Placement) -> tuple[Any, ...]:
    ruling = placed.ruling
    acknowledgement = placement.acknowledgements.get(placed.arrival.message_id)
    outcome = {
        "queue": ruling.queue_id,
        "level": ruling.level,
        "priority": ruling.priority,
        "tags": sorted(ruling.tags),
        "type": ruling.type,
        "language": ruling.language,
        "applied": placed.applied,
        **({"acknowledgement": acknowledgement} if acknowledgement else {}),
    } | _asked_for(ruling)
    return (
        placed.state.workspace_id,
        placed.state.id,
        placed.decision_id,
        placed.arrival.message_id,
        ruling.rule_set_version,
        to_json(ruling.facts),
        to_json(outcome),
        to_json(ruling.explanation),
        ruling.error,
        to_json(ruling.shadow) if ruling.shadow else None,
        placed.arrival.submission.received_at,
    )


def _asked_for(ruling: Ruling) -> dict[str, Any]:
    """What is left out of an outcome where nothing was decided."""
    asked = {
        "skills": ruling.skills,
        "preferred_skills": ruling.preferred_skills,
        "sla": ruling.sla_policy_id,
        "acknowledge": ruling.acknowledge,
        "assignee": ruling.assignee,
    }
    return {name: value for name, value in asked.items() if value}
