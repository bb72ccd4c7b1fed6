"""Clocks in the transactions of messages and commands, beside what the log says of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from tests.sla.desk import ALWAYS, HOUR, Desk

from gateway.sla.repairing import check_clocks

URGENT = {
    "name": "Urgent words",
    "stage": "classify",
    "when": {"field": "text", "op": "contains_any", "value": ["urgent"]},
    "then": {"priority": "urgent"},
}


def after(clock: dict[str, Any]) -> float:
    """Seconds from the start of a clock until it is due."""
    due_at, started_at = (datetime.fromisoformat(clock[key]) for key in ("due_at", "started_at"))
    return (due_at - started_at).total_seconds()


async def test_without_a_policy_there_are_no_clocks(desk: Desk) -> None:
    await desk.policy(is_default=False)
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.reply(id_)
    item = await desk.item(id_)
    assert (item["clocks"], item["due_at"], item["sla_policy"]) == ([], None, None)
    assert all("occurred_at" not in data for _, data in await desk.events(id_))


async def test_the_first_message_starts_two_clocks(desk: Desk) -> None:
    policy = await desk.policy()
    id_ = await desk.ask()
    clocks = await desk.clocks(id_)
    assert clocks.keys() == {"first_response 1", "resolution 1"}
    assert {clock["state"] for clock in clocks.values()} == {"running"}
    assert [after(clocks[key]) for key in sorted(clocks)] == [4 * HOUR, 24 * HOUR]
    item = await desk.item(id_)
    assert item["due_at"] == clocks["first_response 1"]["due_at"]
    assert item["sla_policy"] == policy["id"]
    [*_, (_, told)] = await desk.events(id_)
    assert datetime.fromisoformat(orjson.loads(told)["conversation"]["due_at"]) == (
        datetime.fromisoformat(item["due_at"])
    )


async def test_an_answer_meets_and_the_next_question_starts_anew(desk: Desk) -> None:
    await desk.policy()
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.reply(id_)
    assert (await desk.states(id_))["first_response 1"] == "met"
    assert (await desk.item(id_))["due_at"] == (await desk.clocks(id_))["resolution 1"]["due_at"]
    await desk.ask_again(id_)
    await desk.ask_again(id_)
    assert await desk.states(id_) == {
        "first_response 1": "met",
        "next_response 1": "running",
        "resolution 1": "running",
    }
    await desk.do(id_, "solve")
    assert await desk.states(id_) == {
        "first_response 1": "met",
        "next_response 1": "cancelled",
        "resolution 1": "met",
    }
    assert (await desk.item(id_))["due_at"] is None
    assert await desk.differences() == []


async def test_a_reopened_matter_is_measured_anew(desk: Desk) -> None:
    await desk.policy()
    id_ = await desk.ask()
    await desk.do(id_, "solve")
    await desk.ask_again(id_)
    assert await desk.states(id_) == {
        "first_response 1": "cancelled",
        "next_response 1": "running",
        "resolution 1": "met",
        "resolution 2": "running",
    }
    await desk.do(id_, "solve")
    await desk.take(id_)
    assert (await desk.states(id_))["resolution 3"] == "running"
    assert await desk.differences() == []


async def test_a_policy_that_is_new_counts_from_the_reopening(desk: Desk) -> None:
    id_ = await desk.ask()
    await desk.policy()
    await desk.ask_again(id_)
    assert await desk.states(id_) == {}
    await desk.do(id_, "solve")
    await desk.ask_again(id_)
    assert await desk.states(id_) == {"first_response 1": "running", "resolution 1": "running"}
    assert await desk.differences() == []


async def test_another_priority_has_another_target(desk: Desk) -> None:
    await desk.policy()
    await desk.team.ask("POST", "/v1/rules", URGENT)
    id_ = await desk.ask()
    await desk.ask_again(id_, "This is urgent!")
    clocks = await desk.clocks(id_)
    assert [after(clocks[key]) for key in sorted(clocks)] == [900, 4 * HOUR]
    assert (await desk.item(id_))["due_at"] == clocks["first_response 1"]["due_at"]
    assert await desk.differences() == []


async def test_a_priority_without_a_target_is_measured_and_never_due(desk: Desk) -> None:
    await desk.policy(targets={"resolution": {"urgent": 60}})
    id_ = await desk.ask()
    clocks = (await desk.clocks(id_)).values()
    assert [(clock["state"], clock["due_at"]) for clock in clocks] == [("running", None)] * 2
    await desk.do(id_, "solve")
    assert [clock["elapsed_s"] for clock in (await desk.clocks(id_)).values()] == [0, 0]


async def test_mail_of_machines_starts_no_clock(desk: Desk) -> None:
    await desk.policy()
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.reply(id_)
    absent = {"Auto-Submitted": "auto-replied"}
    await desk.ask_again(id_, "I am away", **absent)
    assert "next_response 1" not in await desk.states(id_)
    assert await desk.differences() == []


async def test_who_answers_too_late_has_not_met_and_it_is_told(desk: Desk) -> None:
    await desk.policy()
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.age(id_, timedelta(hours=5))
    await desk.reply(id_)
    clock = (await desk.clocks(id_))["first_response 1"]
    assert clock["state"] == "breached"
    assert clock["breached_at"] == clock["ended_at"]
    assert 5 * HOUR <= clock["elapsed_s"] < 5 * HOUR + 60
    types = [event for event, _ in await desk.events(id_)]
    assert types[-2:] == ["message.replied", "sla.breached"]
    assert await desk.differences() == []


async def test_a_merged_conversation_brings_its_question_along(desk: Desk) -> None:
    await desk.policy()
    kept, taken = await desk.ask(), await desk.ask()
    for id_ in (kept, taken):
        await desk.take(id_)
    await desk.reply(kept)
    began = (await desk.clocks(taken))["first_response 1"]["started_at"]
    await desk.do(taken, "merge", {"into": kept})
    assert await desk.states(taken) == {
        "first_response 1": "cancelled",
        "resolution 1": "cancelled",
    }
    clock = (await desk.clocks(kept))["next_response 1"]
    assert (clock["state"], clock["started_at"]) == ("running", began)
    assert (await desk.item(taken))["due_at"] is None
    assert await desk.differences() == []


async def test_a_split_conversation_is_measured_by_itself(desk: Desk) -> None:
    policy = await desk.policy()
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.reply(id_)
    await desk.ask_again(id_)
    messages = (await desk.team.get(f"/v1/conversations/{id_}/messages"))["items"]
    split = await desk.do(id_, "split", {"messages": [messages[-1]["id"]]})
    other = split["conversation"]
    clocks = await desk.clocks(other)
    assert {key: clock["state"] for key, clock in clocks.items()} == {
        "first_response 1": "running",
        "resolution 1": "running",
    }
    assert clocks["first_response 1"]["started_at"] == messages[-1]["created_at"]
    assert (await desk.item(other))["sla_policy"] == policy["id"]
    assert await desk.differences() == []


async def test_what_is_due_first_is_listed_first(desk: Desk) -> None:
    await desk.policy()
    await desk.team.ask("POST", "/v1/rules", URGENT)
    sent = [await desk.ask(sender=f"{n}@x.test") for n in range(3)]
    urgent = await desk.ask("urgent!", sender="9@x.test")
    await desk.do(sent[1], "solve")
    listed = []
    cursor: dict[str, str] = {}
    while True:
        page = await desk.team.get("/v1/conversations", params={"sort": "due", "limit": 1} | cursor)
        listed += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert listed == [urgent, sent[0], sent[2]]
    limit = (await desk.item(sent[0]))["due_at"]
    soon = await desk.team.get("/v1/conversations", params={"due_before": limit})
    assert [item["id"] for item in soon["items"]] == [urgent]


async def test_a_changed_policy_measures_clocks_that_run_anew(desk: Desk) -> None:
    policy = await desk.policy()
    running, ended = await desk.ask(), await desk.ask()
    await desk.do(ended, "solve")
    before = await desk.clocks(ended)
    await desk.replace(policy, targets={"first_response": {"normal": HOUR}})
    assert await desk.worker.remeasure_stale() == 1
    clocks = await desk.clocks(running)
    assert after(clocks["first_response 1"]) == HOUR
    assert clocks["resolution 1"]["due_at"] is None
    item = await desk.item(running)
    assert item["due_at"] == clocks["first_response 1"]["due_at"]
    [*_, (event, data)] = await desk.events(running)
    assert event == "sla.measured"
    assert datetime.fromisoformat(orjson.loads(data)["conversation"]["due_at"]) == (
        datetime.fromisoformat(item["due_at"])
    )
    assert await desk.clocks(ended) == before
    assert await desk.worker.remeasure_stale() == 0
    assert await desk.differences() == []


async def test_a_calendar_edited_mid_clock_moves_what_is_due(desk: Desk) -> None:
    hours = {"name": "Always", "timezone": "Europe/Rome", "week": ALWAYS}
    calendar = await desk.team.ask("POST", "/v1/calendars", hours)
    await desk.policy(calendar=calendar["id"])
    id_ = await desk.ask()
    clock = (await desk.clocks(id_))["first_response 1"]
    assert after(clock) == 4 * HOUR
    today = datetime.fromisoformat(clock["started_at"])
    days = [(today + timedelta(days=n)).date().isoformat() for n in range(-1, 5)]
    shut = hours | {"special": {day: [] for day in days}}
    await desk.team.ask("PUT", f"/v1/calendars/{calendar['id']}", shut)
    assert len(await desk.differences()) == 1
    assert await desk.worker.remeasure_stale() == 1
    assert after((await desk.clocks(id_))["first_response 1"]) > 4 * 24 * HOUR
    assert await desk.differences() == []


async def test_a_policy_that_another_process_has_just_made_is_known(desk: Desk) -> None:
    policy = await desk.policy(is_default=False)
    id_ = await desk.ask()
    await desk.do(id_, "solve")
    new = UUID(int=77)
    await desk.team.sql(
        "INSERT INTO sla_policy (workspace_id, id, name, targets) "
        "SELECT workspace_id, $2, 'new', targets FROM sla_policy WHERE id = $1",
        UUID(policy["id"]),
        new,
    )
    await desk.team.sql("UPDATE conversation SET sla_policy_id = $1", new)
    await desk.ask_again(id_)
    assert (await desk.states(id_)).keys() == {"first_response 1", "resolution 1"}


async def test_an_erased_contact_takes_its_clocks_along(desk: Desk) -> None:
    await desk.policy()
    item = await desk.item(await desk.ask())
    await desk.team.ask("DELETE", f"/v1/contacts/{item['contact']['id']}")
    assert await desk.team.sql("SELECT * FROM sla_clock") == []


async def test_clocks_that_differ_from_the_log_are_found_and_repaired(desk: Desk) -> None:
    await desk.policy()
    right, wrong = await desk.ask(), await desk.ask()
    before = await desk.clocks(wrong)
    damage = "UPDATE sla_clock SET spans = ARRAY[now()], due_at = NULL WHERE conversation_id = $1"
    await desk.team.sql(damage, UUID(wrong))
    await desk.team.sql(
        "INSERT INTO sla_clock SELECT workspace_id, conversation_id, 'next_response', 1, "
        "policy_id, policy_revision, state, spans FROM sla_clock "
        "WHERE conversation_id = $1 LIMIT 1",
        UUID(wrong),
    )
    database = desk.team.gateway.database
    for repairs in (False, True):
        assert await check_clocks(database, repairs=repairs) == (2, [UUID(wrong)])
    assert await check_clocks(database, repairs=False) == (2, [])
    assert await desk.clocks(wrong) == before
    assert (await desk.states(right)).keys() == before.keys()


OVERDUE = {
    "name": "Who waits too long",
    "stage": "classify",
    "when": {"field": "sla_state", "op": "equals", "value": "overdue"},
    "then": {"priority": "urgent"},
}


async def test_rules_know_whether_a_clock_is_overdue(desk: Desk) -> None:
    await desk.policy()
    await desk.team.ask("POST", "/v1/rules", OVERDUE)
    id_ = await desk.ask()
    await desk.ask_again(id_)
    assert (await desk.item(id_))["priority"] == "normal"
    await desk.age(id_, timedelta(hours=5))
    await desk.ask_again(id_)
    assert (await desk.item(id_))["priority"] == "urgent"
    decisions = await desk.team.get(f"/v1/conversations/{id_}/decisions")
    known = [decision["facts"].get("sla_state") for decision in decisions]
    assert known == [None, "on_time", "overdue"]
    assert await desk.differences() == []
