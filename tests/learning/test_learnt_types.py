"""Types are learnt on demand, measured, in force where that is worth it, and asked by rules."""

from typing import Any
from uuid import uuid4

from tests.api.team import Team
from tests.learning.generated import generated

from gateway.learning.training import train_next

WHERE = "/v1/learnt-types"
RULE: dict[str, Any] = {
    "name": "Refunds",
    "stage": "classify",
    "when": {"field": "suggested_type", "op": "equals", "value": "refund"},
    "then": {"type": "refund"},
}


async def history(team: Team, examples: list[tuple[str, str]]) -> None:
    """A workspace's past: the rows of one real conversation, so many times."""
    said = await team.submit("x")
    one = await team.conversation_of(said["message"])
    texts, types = zip(*examples, strict=True)
    await team.sql(COPIES, one["id"], list(texts), list(types))


COPIES = """
WITH given AS (
    SELECT n, gen_random_uuid() AS id, said, type
      FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS g (said, type, n)
), conversations AS (
    INSERT INTO conversation (workspace_id, id, channel_id, identity_id, status, queue_id, priority,
           type, version, message_count, opened_at, last_message_at, closed_at)
    SELECT c.workspace_id, g.id, c.channel_id, c.identity_id, 'closed', c.queue_id, c.priority,
           g.type, 1, 1, c.opened_at + g.n * interval '1 second', c.last_message_at, now()
      FROM conversation c CROSS JOIN given g WHERE c.id = $1
)
INSERT INTO message (workspace_id, id, conversation_id, seq, direction, channel_id, identity_id,
       text, created_at)
SELECT c.workspace_id, gen_random_uuid(), g.id, 1, 'inbound', c.channel_id, c.identity_id, g.said,
       now()
  FROM conversation c CROSS JOIN given g WHERE c.id = $1
"""


async def learnt(team: Team) -> Any:
    await team.ask("POST", WHERE)
    assert await train_next(team.gateway.database)
    assert not await train_next(team.gateway.database)
    return (await team.get(WHERE))[0]


async def test_learnt_measured_and_asked_by_rules(team: Team, other: Team) -> None:
    await history(team, generated(400))
    asked = await team.ask("POST", WHERE)
    assert (asked["version"], asked["state"]) == (1, "waiting")
    assert (await team.call("POST", WHERE)).status_code == 409
    assert await train_next(team.gateway.database)
    [made] = await team.get(WHERE)
    assert (made["state"], made["in_force"], made["held_out"]) == ("ready", False, 80)
    assert made["accuracy"] > made["majority"]
    assert made["clearly_better"]
    await team.ask("POST", "/v1/rules", RULE)
    assert (await kept_type(team, "i want my money back"))[0] is None
    await team.ask("PUT", f"{WHERE}/in-force", {"version": 1})
    assert await kept_type(team, "please, i want my money back") == ("refund", "refund")
    assert await kept_type(team, "where is my parcel") == (None, "delivery")
    await team.ask("PUT", f"{WHERE}/in-force", {"version": None})
    assert (await kept_type(team, "the refund has not arrived"))[0] is None
    assert await other.get(WHERE) == []


async def kept_type(team: Team, text: str) -> tuple[str | None, str | None]:
    """The type of a new conversation, and the fact that its decision keeps."""
    said = await team.submit(text, email=f"{uuid4()}@customer.test")
    found = await team.conversation_of(said["message"])
    [decision] = await team.get(f"/v1/conversations/{found['id']}/decisions")
    return found["type"], decision["facts"].get("suggested_type")


async def test_what_is_not_better_is_not_put_in_force(team: Team) -> None:
    texts = [text for text, _ in generated(300)]
    await history(team, [(text, "ab"[n % 2]) for n, text in enumerate(texts)])
    made = await learnt(team)
    assert made["state"] == "ready"
    assert not made["clearly_better"]
    refused = await team.call("PUT", f"{WHERE}/in-force", {"version": 1})
    assert refused.status_code == 409
    assert (await team.call("PUT", f"{WHERE}/in-force", {"version": 2})).status_code == 404


async def test_too_little_to_learn_from_says_what_is_missing(team: Team) -> None:
    said = await team.submit("Where is it?")
    found = await team.conversation_of(said["message"])
    path = f"/v1/conversations/{found['id']}"
    await team.ask("POST", f"{path}/type", {"type": "delivery"}, token=team.agent)
    assert (await team.get(path))["type"] == "delivery"
    made = await learnt(team)
    assert (made["state"], made["reason"]) == (
        "failed",
        "1 conversations have a type, 250 are needed",
    )
