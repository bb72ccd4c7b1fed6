"""What nobody says a word in is solved, and the customer is told so."""

from typing import Any
from uuid import UUID

from tests.sla.desk import Desk

AGE = """
UPDATE conversation SET pending_since = pending_since - interval '8 days',
       last_message_at = last_message_at - interval '8 days' WHERE id = $1
"""
NOTICE = "We have not heard from you and close the matter. Write to open it again."


async def silent(desk: Desk, **policy: Any) -> str:
    """A pending conversation of eight days' silence."""
    await desk.policy()
    await desk.team.ask("PATCH", "/v1/workspace", policy)
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.reply(id_)
    await desk.do(id_, "pend", {})
    await desk.team.sql(AGE, UUID(id_))
    return id_


async def said(desk: Desk, id_: str) -> list[str]:
    messages = (await desk.team.get(f"/v1/conversations/{id_}/messages"))["items"]
    return [message["text"].strip() for message in messages]


async def test_a_silent_conversation_is_solved_and_the_customer_told(desk: Desk) -> None:
    id_ = await silent(desk, pending_days=7, pending_notice=NOTICE)
    assert await desk.worker.solve_silent() == 1
    assert await desk.worker.solve_silent() == 0
    assert (await desk.item(id_))["status"] == "solved"
    assert (await said(desk, id_))[-1] == NOTICE
    deliveries = await desk.team.sql(
        "SELECT state FROM delivery WHERE conversation_id = $1", UUID(id_)
    )
    assert [row[0] for row in deliveries] == ["queued", "queued"]
    [[automatic, agent_id]] = await desk.team.sql(
        "SELECT automatic, agent_id FROM message WHERE text = $1", NOTICE
    )
    assert (automatic, agent_id) == (True, None)
    assert (await desk.states(id_))["resolution 1"] == "met"
    assert await desk.differences() == []


async def test_an_answer_to_the_notice_begins_a_new_cycle(desk: Desk) -> None:
    id_ = await silent(desk, pending_days=7, pending_notice=NOTICE)
    await desk.worker.solve_silent()
    await desk.ask_again(id_)
    states = await desk.states(id_)
    assert (await desk.item(id_))["status"] == "queued"
    assert (states["resolution 2"], states["next_response 1"]) == ("running", "running")
    assert await desk.differences() == []


async def test_without_a_policy_or_its_time_nothing_is_solved(desk: Desk) -> None:
    id_ = await silent(desk, pending_days=None)
    assert await desk.worker.solve_silent() == 0
    await desk.team.ask("PATCH", "/v1/workspace", {"pending_days": 9})
    assert await desk.worker.solve_silent() == 0
    assert (await desk.item(id_))["status"] == "pending"


async def test_without_a_notice_nothing_is_said(desk: Desk) -> None:
    id_ = await silent(desk, pending_days=7)
    before = await said(desk, id_)
    assert await desk.worker.solve_silent() == 1
    assert await said(desk, id_) == before


async def test_machines_are_told_nothing(desk: Desk) -> None:
    id_ = await silent(desk, pending_days=7, pending_notice=NOTICE)
    await desk.ask_again(id_, "I am away", **{"Auto-Submitted": "auto-replied"})
    await desk.team.sql(AGE, UUID(id_))
    assert await desk.worker.solve_silent() == 1
    assert NOTICE not in await said(desk, id_)


async def test_what_waits_for_an_instant_is_left_to_that(desk: Desk) -> None:
    id_ = await silent(desk, pending_days=7)
    await desk.do(id_, "pend", {"until": "2127-01-04T08:00:00Z"})
    await desk.team.sql(AGE, UUID(id_))
    assert await desk.worker.solve_silent() == 0
    assert (await desk.item(id_))["status"] == "pending"
