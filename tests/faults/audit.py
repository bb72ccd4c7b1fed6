"""What must hold at every instant, read in one snapshot of the database under load."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import asyncpg
from tests.database.followed import followed
from tests.faults.ledger import Ledger

# Each query returns what breaks the rule that it stands under.
RULES = {
    "no message of a customer is stored twice, no reply either": """
        SELECT btrim(text, E' \\r\\n') AS marker, count(*) FROM message
         GROUP BY marker HAVING count(*) > 1""",
    "every message has exactly one receipt": """
        SELECT m.id, m.text, count(r.key) FROM message m
          LEFT JOIN receipt r ON (r.workspace_id, r.message_id) = (m.workspace_id, m.id)
         GROUP BY m.workspace_id, m.id HAVING count(r.key) <> 1""",
    "every receipt leads to a message": """
        SELECT r.space, r.key, r.message_id FROM receipt r
          LEFT JOIN message m ON (m.workspace_id, m.id) = (r.workspace_id, r.message_id)
         WHERE m.id IS NULL""",
    "every message received has one raw payload, with its bytes": """
        SELECT m.id, m.text FROM message m
          LEFT JOIN raw_payload p ON (p.workspace_id, p.message_id) = (m.workspace_id, m.id)
          LEFT JOIN blob b ON (b.workspace_id, b.sha256) = (p.workspace_id, p.sha256)
         WHERE (coalesce(p.body, b.content) IS NOT NULL) <> (m.direction = 'inbound')""",
    "every attachment has its bytes": """
        SELECT a.id FROM attachment a
          LEFT JOIN blob b ON (b.workspace_id, b.sha256) = (a.workspace_id, a.sha256)
         WHERE length(b.content) IS DISTINCT FROM a.size""",
    "every message received has one decision, taken by the rules": """
        SELECT m.id, m.text, count(d.id) FROM message m
          LEFT JOIN decision d
            ON (d.workspace_id, d.message_id) = (m.workspace_id, m.id) AND d.error IS NULL
           AND d.conversation_id = m.conversation_id
         GROUP BY m.workspace_id, m.id HAVING count(d.id) <> (m.direction = 'inbound')::int""",
    "a conversation counts its messages, whose seq is 1 to n": """
        SELECT c.id, c.message_count, count(m.id), min(m.seq), max(m.seq) FROM conversation c
          LEFT JOIN message m ON (m.workspace_id, m.conversation_id) = (c.workspace_id, c.id)
         GROUP BY c.workspace_id, c.id
        HAVING (c.message_count, 1, c.message_count)
            IS DISTINCT FROM (count(m.id), min(m.seq), max(m.seq)::bigint)""",
    "a conversation waits in one queue, its own, exactly while it is queued": """
        SELECT c.id, c.status, count(q.id) FROM conversation c
          LEFT JOIN queue_entry q ON (q.workspace_id, q.conversation_id) = (c.workspace_id, c.id)
                                 AND q.left_at IS NULL
         GROUP BY c.workspace_id, c.id
        HAVING count(q.id) <> (c.status = 'queued')::int OR bool_or(q.queue_id <> c.queue_id)""",
    "an agent's load is what it holds": """
        SELECT g.id, g.load, sum(a.weight) FROM agent g
          LEFT JOIN assignment a ON (a.workspace_id, a.agent_id) = (g.workspace_id, g.id)
                                AND a.ended_at IS NULL
         GROUP BY g.workspace_id, g.id HAVING g.load <> coalesce(sum(a.weight), 0)""",
    "the events tell what each agent holds": """
        WITH told AS (
            SELECT DISTINCT ON (hold ->> 'id') hold
              FROM event e, jsonb_array_elements(e.data -> 'assignments') AS hold
             WHERE e.data ? 'assignments'
             ORDER BY hold ->> 'id', e.pos DESC)
        SELECT g.id, g.load, count(told.hold) FROM agent g
          LEFT JOIN told ON told.hold ->> 'agent' = g.id::text AND told.hold ->> 'state' <> 'ended'
         GROUP BY g.workspace_id, g.id
        HAVING g.load <> coalesce(sum((told.hold ->> 'weight')::int), 0)""",
    "a conversation is held by one agent, its assignee, exactly while it is assigned": """
        SELECT c.id, c.status, count(a.id) FROM conversation c
          LEFT JOIN assignment a ON (a.workspace_id, a.conversation_id) = (c.workspace_id, c.id)
                                AND a.ended_at IS NULL
         GROUP BY c.workspace_id, c.id
        HAVING count(a.id) <> (c.status = 'assigned')::int
            OR bool_or(a.agent_id <> coalesce(c.assignee_id, c.id))""",
    "the log's positions are 1 to the head": """
        SELECT h.workspace_id, h.pos, count(e.pos), min(e.pos), max(e.pos) FROM feed_head h
          LEFT JOIN event e ON e.workspace_id = h.workspace_id
         GROUP BY h.workspace_id
        HAVING (h.pos, 1, h.pos) IS DISTINCT FROM (count(e.pos), min(e.pos), max(e.pos))""",
    "the log's times never go back": """
        SELECT pos, at FROM (
            SELECT e.pos, e.at, lag(e.at) OVER log AS before, h.at AS last FROM event e
              JOIN feed_head h USING (workspace_id)
            WINDOW log AS (PARTITION BY e.workspace_id ORDER BY e.pos)) AS events
         WHERE at < before OR at > last""",
    "a conversation's version counts its events, in the log's order": """
        SELECT c.id, c.version, count(e.pos), max(e.version) FROM conversation c
          LEFT JOIN (SELECT *, rank() OVER (PARTITION BY workspace_id, conversation_id
                                            ORDER BY pos) AS place FROM event) e
            ON (e.workspace_id, e.conversation_id) = (c.workspace_id, c.id)
         GROUP BY c.workspace_id, c.id
        HAVING c.version <> count(e.pos) OR bool_or(e.version <> e.place)""",
    "every event is of a conversation that is there": """
        SELECT e.pos FROM event e
          LEFT JOIN conversation c ON (c.workspace_id, c.id) = (e.workspace_id, e.conversation_id)
         WHERE c.id IS NULL""",
    "every message was told once": """
        SELECT m.id, m.text, count(e.pos) FROM message m
          LEFT JOIN event e
            ON (e.workspace_id, e.conversation_id) = (m.workspace_id, m.conversation_id)
           AND e.type IN ('message.received', 'message.replied')
           AND e.data #>> '{message,id}' = m.id::text
         GROUP BY m.workspace_id, m.id HAVING count(e.pos) <> 1""",
    "nothing is in quarantine": "SELECT code, detail FROM quarantine",
    "every reply has one delivery, at its own place, and nothing else has": """
        SELECT m.id, m.text, count(d.id) FROM message m
          LEFT JOIN delivery d
            ON (d.workspace_id, d.message_id, d.conversation_id, d.seq)
             = (m.workspace_id, m.id, m.conversation_id, m.seq)
         GROUP BY m.workspace_id, m.id HAVING count(d.id) <> (m.direction = 'outbound')::int""",
    "every try of sending is on record, and no delivery has failed": """
        SELECT d.id, d.state, d.attempts, d.failure, d.detail, count(a.number) FROM delivery d
          LEFT JOIN attempt a ON (a.workspace_id, a.delivery_id) = (d.workspace_id, d.id)
         GROUP BY d.workspace_id, d.id
        HAVING d.attempts <> count(a.number) OR d.state = 'failed'""",
    "what was sent was sent by a try that said so": """
        SELECT d.id FROM delivery d
         WHERE d.state = 'sent' AND NOT EXISTS (
               SELECT FROM attempt a WHERE (a.workspace_id, a.delivery_id, a.outcome)
                                         = (d.workspace_id, d.id, 'sent'))""",
    "a mail's own identifier leads to its conversation": """
        SELECT m.id, m.text FROM message m
          LEFT JOIN thread_ref t ON (t.workspace_id, t.rfc_message_id)
                                  = (m.workspace_id, m.email ->> 'message_id')
         WHERE m.email ->> 'message_id' IS NOT NULL
           AND (t.conversation_id, t.message_id) IS DISTINCT FROM (m.conversation_id, m.id)""",
    "every identity has its contact, and every contact an identity": """
        SELECT c.id, i.id FROM contact c
          FULL JOIN identity i ON (i.workspace_id, i.contact_id) = (c.workspace_id, c.id)
         WHERE c.id IS NULL OR i.id IS NULL""",
}

RULES |= {f"{each.table}.{each.column} leads somewhere": each.astray for each in followed()}

# The tables grew just now, and no statistics warn of what other joins would cost.
HASH_JOINS = "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off"

STORED = """
SELECT btrim(text, E' \\r\\n') AS marker, id::text, conversation_id::text, seq, direction
  FROM message ORDER BY conversation_id, seq
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as the database has it."""

    marker: str
    id: str
    conversation_id: str
    seq: int
    direction: str


async def audit(connection: "asyncpg.Connection[asyncpg.Record]", ledger: Ledger) -> list[Stored]:
    """Raise AssertionError with the rule that is broken; return what is stored."""
    promised = ledger.promised()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(HASH_JOINS)
        for rule, query in RULES.items():
            breaches = await connection.fetch(f"{query} LIMIT 5")
            assert not breaches, f"broken: {rule}: {[dict(row) for row in breaches]}"
        stored = [Stored(*row) for row in await connection.fetch(STORED)]
    check_promises(promised, stored)
    check_threads(ledger.threads, stored)
    return stored


def check_promises(promised: Mapping[str, frozenset[str]], stored: Sequence[Stored]) -> None:
    ids = {message.marker: message.id for message in stored}
    lost = [marker for marker in promised if marker not in ids]
    assert not lost, f"{len(lost)} messages were answered positively and are lost: {lost[:5]}"
    misnamed = [marker for marker, named in promised.items() if named - {ids[marker]}]
    assert not misnamed, f"these were answered with the id of another message: {misnamed[:5]}"


def check_threads(threads: Mapping[str, str], stored: Sequence[Stored]) -> None:
    """One matter is one conversation, and two are two."""
    homes = {
        (threads[message.marker], message.conversation_id)
        for message in stored
        if message.direction == "inbound"
    }
    for what, side in (("a thread is in two conversations", 0), ("two threads are in one", 1)):
        grouped = defaultdict(list)
        for home in homes:
            grouped[home[side]].append(home[1 - side])
        joined = {key: others for key, others in grouped.items() if len(others) > 1}
        assert not joined, f"{what}: {joined}"


def check_arrivals(stored: Iterable[Stored], arrived: Sequence[str], expected: set[str]) -> None:
    """Every reply of `expected` arrived; within each conversation in order, repetitions aside."""
    missing = expected.difference(arrived)
    assert not missing, f"{len(missing)} replies never arrived: {sorted(missing)[:5]}"
    places = {message.marker: (message.conversation_id, message.seq) for message in stored}
    orders = defaultdict(list)
    for marker in arrived:
        conversation, seq = places[marker]
        orders[conversation].append(seq)
    for conversation, order in orders.items():
        assert all(one <= other for one, other in pairwise(order)), (
            f"replies of {conversation} arrived out of order: {order}"
        )
