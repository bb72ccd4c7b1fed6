"""Where a message may belong that no thread of mail leads anywhere, most telling first.

A mail: to the conversation that its address is tagged with; failing that, if its subject says
that it is an answer, to the sender's newest conversation of the same subject. Anything else: to
the sender's newest conversation on the channel. What was merged leads to what it was merged into.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from channels.email.subjects import parse_subject
from gateway.configuration import Configuration
from gateway.ingest.placing import Arrival
from gateway.ingest.threads import Threads

Key = tuple[int, UUID]
"""A conversation: (workspace_id, id)."""

Leads = Mapping[UUID, Sequence[UUID]]
"""Conversations by the message that may belong there."""

LATEST = """
SELECT w.message_id, latest.id
  FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[])
       AS w (message_id, workspace_id, identity_id, channel_id)
 CROSS JOIN LATERAL (
       SELECT t.id FROM conversation c
         JOIN conversation t
           ON t.workspace_id = c.workspace_id AND t.id = coalesce(c.merged_into, c.id)
        WHERE c.workspace_id = w.workspace_id AND c.identity_id = w.identity_id
          AND c.channel_id = w.channel_id AND t.status <> 'closed'
        ORDER BY t.last_message_at DESC LIMIT 1) AS latest
"""

NAMED = """
SELECT w.message_id, coalesce(c.merged_into, c.id) AS id
  FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS w (message_id, workspace_id, conversation_id)
  JOIN conversation c ON (c.workspace_id, c.id) = (w.workspace_id, w.conversation_id)
"""

RECENT = """
SELECT w.message_id, recent.id, recent.subject
  FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[])
       AS w (message_id, workspace_id, identity_id, channel_id)
 CROSS JOIN LATERAL (
       SELECT t.id, c.subject FROM conversation c
         JOIN conversation t
           ON t.workspace_id = c.workspace_id AND t.id = coalesce(c.merged_into, c.id)
        WHERE c.workspace_id = w.workspace_id AND c.identity_id = w.identity_id
          AND c.channel_id = w.channel_id AND c.subject IS NOT NULL AND t.status <> 'closed'
        ORDER BY t.last_message_at DESC LIMIT 20) AS recent
"""


async def find(
    connection: "asyncpg.Connection[Any]",
    arrivals: Sequence[Arrival],
    threads: Threads,
    configuration: Configuration,
) -> Leads:
    """Nothing is locked: what is found must be read again under its lock."""
    named = await _named(connection, arrivals, configuration)
    strays = [
        each for each in arrivals if _is_stray(each, threads) and each.message_id not in named
    ]
    return {
        **named,
        **await _similar(connection, strays),
        **await _latest(connection, arrivals),
    }


def keys(leads: Leads, arrivals: Iterable[Arrival]) -> set[Key]:
    """The conversations that are led to."""
    return {
        (arrival.submission.workspace_id, id_)
        for arrival in arrivals
        for id_ in leads.get(arrival.message_id, ())
    }


def _is_stray(arrival: Arrival, threads: Threads) -> bool:
    """An answer by a known sender that lost its thread."""
    if arrival.mail is None or arrival.identity.is_new or threads.homes(arrival.mail):
        return False
    subject = parse_subject(arrival.submission.inbound.subject or "")
    return subject.is_reply and bool(subject.base)


async def _named(
    connection: "asyncpg.Connection[Any]",
    arrivals: Sequence[Arrival],
    configuration: Configuration,
) -> dict[UUID, list[UUID]]:
    rows = [
        (arrival.message_id, arrival.submission.workspace_id, conversation_id)
        for arrival in arrivals
        if arrival.mail is not None
        for conversation_id in _tags(arrival, configuration)
    ]
    found: dict[UUID, list[UUID]] = {}
    if rows:
        for row in await connection.fetch(NAMED, *zip(*rows, strict=True)):
            found.setdefault(row["message_id"], []).append(row["id"])
    return found


def _tags(arrival: Arrival, configuration: Configuration) -> set[UUID]:
    headers = arrival.submission.inbound.email
    if headers is None:
        return set()
    tags = configuration.workspace(arrival.submission.workspace_id).reply_tags
    named = (tags.conversation(address) for address in (*headers.to, *headers.cc))
    return {conversation_id for conversation_id in named if conversation_id is not None}


async def _similar(
    connection: "asyncpg.Connection[Any]", strays: Sequence[Arrival]
) -> dict[UUID, list[UUID]]:
    if not strays:
        return {}
    wanted = {
        arrival.message_id: parse_subject(arrival.submission.inbound.subject or "").base
        for arrival in strays
    }
    rows = await connection.fetch(RECENT, *zip(*map(_wanted, strays), strict=True))
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        if parse_subject(row["subject"]).base == wanted[row["message_id"]]:
            found.setdefault(row["message_id"], [row["id"]])
    return found


async def _latest(
    connection: "asyncpg.Connection[Any]", arrivals: Sequence[Arrival]
) -> dict[UUID, list[UUID]]:
    known = [each for each in arrivals if each.mail is None and not each.identity.is_new]
    if not known:
        return {}
    rows = await connection.fetch(LATEST, *zip(*map(_wanted, known), strict=True))
    return {row["message_id"]: [row["id"]] for row in rows}


def _wanted(arrival: Arrival) -> tuple[UUID, int, UUID, UUID]:
    submission = arrival.submission
    return (
        arrival.message_id,
        submission.workspace_id,
        arrival.identity.id,
        submission.channel.config.id,
    )
