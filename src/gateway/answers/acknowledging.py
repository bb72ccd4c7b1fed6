"""Acknowledgements: automatic first answers, written with the messages that they answer.

Without anything to acknowledge nothing is asked and nothing is written.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from channels.records import record
from channels.text import one_line
from gateway.answers.eligibility import presentable
from gateway.answers.expectation import expect
from gateway.answers.granting import Grant, grant
from gateway.answers.phrases import phrases_of
from gateway.answers.wanting import Declined, Wanted, language_of, wanted_of
from gateway.configuration import Configuration
from gateway.conversations.outgoing import (
    Part,
    answering,
    own_identifier,
    parts_of,
    tagged,
    thread_document,
)
from gateway.database.connections import to_json
from gateway.feed.log import EventType
from gateway.ids import new_id
from gateway.ingest.placing import Placement
from gateway.macros.texts import Written
from gateway.macros.variables import LONGEST_VALUE

COLUMNS = {
    "message": (
        "workspace_id, id, conversation_id, seq, direction, channel_id, subject, text, html, "
        "email, automatic, automatic_kind, created_at"
    ),
    "thread_ref": "workspace_id, rfc_message_id, conversation_id, message_id",
    "delivery": (
        "workspace_id, id, conversation_id, message_id, seq, channel_id, recipient, text_from, "
        "text_to, segments, state, due_at"
    ),
}


@record
class Acknowledgement:
    """An automatic answer, with its place in the conversation."""

    wanted: Wanted
    id: UUID
    seq: int
    subject: str | None
    said: Written
    email: dict[str, Any] | None
    parts: tuple[Part, ...]


async def acknowledge(
    connection: "asyncpg.Connection[Any]", placement: Placement, configuration: Configuration
) -> list[Acknowledgement]:
    """Decide which messages of a batch are acknowledged, and place the answers after them.

    The conversations are locked; `write` has to follow once they are written.
    """
    asked = [wanted_of(placed, configuration) for placed in placement.placed]
    for each in asked:
        if isinstance(each, Declined):
            _note(placement, each.placed.arrival.message_id, each.macro_id, each.reason)
    wanted = [each for each in asked if isinstance(each, Wanted)]
    if not wanted:
        return []
    grants = await grant(connection, wanted)
    made = []
    for each in wanted:
        given = grants.pop(each.placed.state.id, None)  # the conversation's first message has it
        verdict: str = given.verdict if given else "already"
        if given and given.verdict == "granted":
            answer = _placed(placement, each, given)
            verdict = "sent" if answer else "empty"
            made += [answer] if answer else []
        _note(placement, each.placed.arrival.message_id, each.macro_id, verdict)
    return made


def _note(placement: Placement, message_id: UUID, macro_id: UUID, verdict: str) -> None:
    placement.acknowledgements[message_id] = {"macro": macro_id, "verdict": verdict}


def _placed(placement: Placement, wanted: Wanted, given: Grant) -> Acknowledgement | None:
    """The answer as the next message of its conversation; None where nothing would be said."""
    said = _written(wanted, given)
    if not said.text.strip():
        return None
    state, now = wanted.placed.state, wanted.placed.arrival.submission.received_at
    state.message_count += 1
    answer = _made(wanted, said, state.message_count)
    told = {
        "id": answer.id,
        "seq": answer.seq,
        "direction": "outbound",
        "channel": state.channel_id,
        "agent": None,
        "automatic": True,
    }
    changed = {"message_count": answer.seq, "last_message_at": max(state.last_message_at, now)}
    data = {"conversation": changed, "message": told, "delivery": answer.parts[0].id}
    placement.tell(EventType.REPLIED, state, data)
    return answer


def _written(wanted: Wanted, given: Grant) -> Written:
    language = wanted.macro.nearest(language_of(wanted))
    submission, state = wanted.placed.arrival.submission, wanted.placed.state
    channel, workspace = submission.channel, wanted.workspace
    known: dict[str, str | None] = {
        "channel.address": channel.config.address,
        "channel.name": channel.name,
        "contact.name": presentable(given.contact_name),
        "conversation.id": str(state.id),
        "conversation.subject": presentable(state.subject),
        "queue.name": given.queue_name,
        "workspace.name": workspace.name,
    }
    values = {name: one_line(value or "", LONGEST_VALUE) for name, value in known.items()}
    expectation = expect(submission.received_at, given.wait, workspace.business_time)
    return wanted.macro.write({**values, **expectation.values(language)}, language)


def _made(wanted: Wanted, said: Written, seq: int) -> Acknowledgement:
    id_, destination = new_id(), wanted.destination
    is_mail = destination.channel.config.kind == "email"
    return Acknowledgement(
        wanted=wanted,
        id=id_,
        seq=seq,
        subject=_subject(wanted, said.language) if is_mail else None,
        said=said,
        email=_thread(wanted, id_) if is_mail else None,
        parts=tuple(parts_of(said.text, destination)),
    )


def _subject(wanted: Wanted, language: str) -> str:
    """Mail is answered under its own subject; a form's could be a message to somebody else."""
    subject = wanted.placed.state.subject
    if wanted.placed.arrival.mail is None:
        subject = presentable(subject)
    return answering(subject or phrases_of(language).subject)


def _thread(wanted: Wanted, id_: UUID) -> dict[str, Any]:
    """RFC 3834 section 3.1.5: an automatic answer names what it answers, as any other does."""
    headers = wanted.placed.arrival.submission.inbound.email
    destination = wanted.destination
    return thread_document(
        own_identifier(id_, destination),
        destination,
        headers.message_id if headers else None,
        headers.references if headers else (),
        tagged(wanted.workspace, destination.channel, wanted.placed.state.id),
    )


async def write(connection: "asyncpg.Connection[Any]", answers: Iterable[Acknowledgement]) -> None:
    """The rows, table by table; the conversations are there."""
    answers = list(answers)
    for table, rows in (
        ("message", [_message(each) for each in answers]),
        ("thread_ref", [_thread_ref(each) for each in answers if each.email]),
        ("delivery", [row for each in answers for row in _deliveries(each)]),
    ):
        if rows:
            columns = COLUMNS[table].split(", ")
            await connection.copy_records_to_table(table, records=rows, columns=columns)


def _when(answer: Acknowledgement) -> datetime:
    return answer.wanted.placed.arrival.submission.received_at


def _message(answer: Acknowledgement) -> tuple[Any, ...]:
    state = answer.wanted.placed.state
    return (
        state.workspace_id,
        answer.id,
        state.id,
        answer.seq,
        "outbound",
        state.channel_id,
        answer.subject,
        answer.said.text,
        answer.said.html,
        to_json(answer.email) if answer.email else None,
        True,
        "auto_reply",
        _when(answer),
    )


def _thread_ref(answer: Acknowledgement) -> tuple[Any, ...]:
    state = answer.wanted.placed.state
    assert answer.email is not None  # noqa: S101 - asked for by the caller
    return state.workspace_id, answer.email["message_id"], state.id, answer.id


def _deliveries(answer: Acknowledgement) -> list[tuple[Any, ...]]:
    state, destination = answer.wanted.placed.state, answer.wanted.destination
    return [
        (
            state.workspace_id,
            part.id,
            state.id,
            answer.id,
            answer.seq,
            destination.channel.config.id,
            destination.recipient,
            part.text_from,
            part.text_to,
            part.segments,
            "queued",
            _when(answer),
        )
        for part in answer.parts
    ]
