"""One batch, one transaction: everything that a message causes is committed together.

Locks are taken in the order of the whole system: receipts by key, identities, thread references,
conversations by id, feed heads last.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from gateway.answers import acknowledging
from gateway.attributes import keeping
from gateway.configuration import Configuration
from gateway.delivery import opt_outs
from gateway.feed import log
from gateway.ids import new_id
from gateway.ingest import clocks, histories, identities, leads, receipts, rows, state, threads
from gateway.ingest.identities import KnownIdentity, address_of
from gateway.ingest.placing import Arrival, Placement
from gateway.ingest.submission import Accepted, Submission


async def store(
    connection: "asyncpg.Connection[Any]",
    submissions: Sequence[Submission],
    configuration: Configuration,
) -> list[Accepted]:
    """Commit a batch and answer each submission, in order.

    Raises whatever PostgreSQL raises; then nothing is stored, or, where the connection was lost
    during COMMIT, it is unknown and the repetition will meet its receipt.
    """
    async with connection.transaction():
        claims = await receipts.claim(connection, submissions)
        placement = await _place(connection, claims.fresh, configuration)
        if placement is not None:
            followed = await clocks.follow(connection.fetch, placement, configuration)
            await opt_outs.heed(connection, placement.placed)
            answers = await acknowledging.acknowledge(connection, placement, configuration)
            await rows.write(connection, placement)
            if followed is not None:
                await followed.write(connection.fetch)
            await acknowledging.write(connection, answers)
            await keeping.fill(connection, placement.placed, configuration)
            await log.append(connection.fetch, placement.happenings)
    accepted = {id(submission): known for submission, known in claims.known}
    accepted |= _stored(placement)
    for submission, original in claims.repeated:
        accepted[id(submission)] = replace(accepted[id(original)], duplicate=True)
    return [accepted[id(submission)] for submission in submissions]


async def _place(
    connection: "asyncpg.Connection[Any]",
    fresh: Sequence[tuple[Submission, UUID]],
    configuration: Configuration,
) -> Placement | None:
    if not fresh:
        return None
    submissions = [submission for submission, _ in fresh]
    known = await identities.find_or_make(connection, submissions)
    await identities.keep_claims(connection, submissions, known)
    arrivals = [_arrival(submission, id_, known) for submission, id_ in fresh]
    claimed = await threads.claim(
        connection, [arrival.mail for arrival in arrivals if arrival.mail]
    )
    found = await leads.find(connection, arrivals, claimed, configuration)
    led_to = leads.keys(found, arrivals)
    states = await state.lock(connection, claimed.conversations | led_to)
    past = await histories.find(connection, _asked_for(arrivals, configuration))
    placement = Placement(configuration, states, claimed, found, past)
    for arrival in arrivals:
        placement.place(arrival)
    await claimed.write(connection)
    return placement


def _asked_for(arrivals: Sequence[Arrival], configuration: Configuration) -> set[histories.Contact]:
    """The senders whose history rules want to know; who is new has none."""
    return {
        (arrival.submission.workspace_id, arrival.identity.contact_id)
        for arrival in arrivals
        if not arrival.identity.is_new
        and configuration.workspace(arrival.submission.workspace_id).history
    }


def _arrival(
    submission: Submission,
    message_id: UUID,
    known: dict[identities.Address, KnownIdentity],
) -> Arrival:
    conversation_id = new_id()
    headers = submission.inbound.email
    workspace_id = submission.workspace_id
    return Arrival(
        submission=submission,
        message_id=message_id,
        conversation_id=conversation_id,
        identity=known[address_of(submission)],
        mail=threads.Mail(workspace_id, message_id, conversation_id, headers) if headers else None,
    )


def _stored(placement: Placement | None) -> dict[int, Accepted]:
    if placement is None:
        return {}
    return {
        id(placed.arrival.submission): Accepted(
            message_id=placed.arrival.message_id,
            conversation_id=placed.state.id,
            seq=placed.seq,
            acknowledged=_is_acknowledged(placement, placed.arrival.message_id),
        )
        for placed in placement.placed
    }


def _is_acknowledged(placement: Placement, message_id: UUID) -> bool:
    return placement.acknowledgements.get(message_id, {}).get("verdict") == "sent"
