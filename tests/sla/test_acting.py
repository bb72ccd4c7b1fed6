"""What rules make of warnings and breaches: decided and done with them, once per clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from tests.sla.desk import HOUR, TARGETS, Desk

from gateway.conversations.change import Change
from gateway.sla import acting
from gateway.sla.firing import fire_due

BREACHED = {"field": "sign", "op": "equals", "value": "breached"}

ANSWERS = {name: TARGETS[name] for name in ("first_response", "next_response")}


async def breached(desk: Desk, **rule: Any) -> str:
    """A conversation whose first answer is an hour late, and that the rules have been asked of."""
    await desk.policy(targets=ANSWERS)
    if rule:
        await desk.rules(rule)
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))
    assert await desk.worker.fire_due() == 1
    return id_


async def told(desk: Desk, id_: str, event: str) -> list[Any]:
    return [orjson.loads(data) for name, data in await desk.events(id_) if name == event]


async def decisions(desk: Desk, id_: str) -> list[Any]:
    """Those about clocks."""
    found = await desk.team.get(f"/v1/conversations/{id_}/decisions")
    return [each for each in found if each["message"] is None]


async def test_a_breach_escalates_raises_tags_and_tells(desk: Desk) -> None:
    queue = str(desk.team.queues["Specialists"])
    then = {"queue": queue, "priority": "urgent", "add_tags": ["late"], "notify": ["call them"]}
    id_ = await breached(desk, when=BREACHED, then=then)
    item = await desk.item(id_)
    assert (item["queue"], item["level"], item["priority"]) == (queue, 2, "urgent")
    assert (item["status"], item["tags"]) == ("queued", ["late"])
    [decision] = await decisions(desk, id_)
    facts = decision["facts"]
    assert (facts["sign"], facts["metric"]) == ("breached", "first_response")
    assert HOUR <= facts["overdue"] < HOUR + 60
    assert (facts["level"], facts["priority"]) == (1, "normal")
    assert facts["sla"] == item["sla_policy"]
    assert decision["outcome"]["applied"] is True
    assert 'sign equals "breached"' in " ".join(decision["because"])
    [sign] = await told(desk, id_, "sla.breached")
    [notice] = await told(desk, id_, "conversation.alerted")
    assert sign["decision"] == notice["decision"] == decision["id"]
    assert notice["notices"] == ["call them"]
    assert len(await told(desk, id_, "conversation.escalated")) == 1
    assert await desk.differences() == []


async def test_what_waits_goes_before_others_once_it_is_more_urgent(desk: Desk) -> None:
    id_ = await breached(desk, then={"priority": "urgent"})
    rows = await desk.team.sql(
        "SELECT queued_at - effective_at AS boost FROM queue_entry WHERE conversation_id = $1",
        UUID(id_),
    )
    [boost] = [row["boost"] for row in rows]
    assert boost > timedelta(0)


async def test_a_clock_makes_nothing_less_urgent_and_moves_nothing_down(desk: Desk) -> None:
    await desk.policy()
    general, up = (str(desk.team.queues[name]) for name in ("General", "Specialists"))
    await desk.rules({"then": {"priority": "low", "queue": general}})
    id_ = await desk.ask()
    await desk.do(id_, "escalate", {"queue": up, "note": "Hard."})
    await desk.age(id_, timedelta(hours=5))
    await desk.worker.fire_due()
    item = await desk.item(id_)
    assert (item["queue"], item["priority"]) == (up, "normal")
    [decision] = await decisions(desk, id_)
    assert decision["outcome"]["applied"] is False


async def test_work_is_taken_from_its_agent_when_a_rule_escalates_it(desk: Desk) -> None:
    await desk.policy()
    await desk.rules({"then": {"queue": str(desk.team.queues["Specialists"])}})
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.age(id_, timedelta(hours=5))
    await desk.worker.fire_due()
    item = await desk.item(id_)
    assert (item["status"], item["assignee"]) == ("queued", None)
    held = await desk.team.sql(
        "SELECT 1 FROM assignment WHERE conversation_id = $1 AND ended_at IS NULL", UUID(id_)
    )
    assert held == []


async def test_what_moved_too_often_goes_to_the_supervisors(desk: Desk) -> None:
    await desk.policy()
    await desk.team.ask("POST", "/v1/queues", {"name": "Supervisors", "level": 3})
    await desk.rules({"then": {"queue": str(desk.team.queues["Specialists"])}})
    id_ = await desk.ask()
    await desk.team.sql("UPDATE conversation SET hops = 99 WHERE id = $1", UUID(id_))
    await desk.age(id_, timedelta(hours=5))
    await desk.worker.fire_due()
    assert (await desk.item(id_))["level"] == 3
    [moved] = await told(desk, id_, "conversation.escalated")
    assert moved["redirected"] is True


async def test_rules_are_asked_once_per_sign_and_again_of_a_clock_armed_anew(desk: Desk) -> None:
    id_ = await breached(desk, then={"notify": ["late"]})
    for _ in range(3):
        assert await desk.worker.fire_due() == 0
    assert len(await told(desk, id_, "conversation.alerted")) == 1
    await desk.take(id_)
    await desk.reply(id_)
    await desk.ask_again(id_)
    await desk.age(id_, timedelta(hours=3))
    assert await desk.worker.fire_due() == 1
    facts = [each["facts"]["metric"] for each in await decisions(desk, id_)]
    assert facts == ["first_response", "next_response"]


async def test_a_priority_that_shortens_a_clock_makes_no_loop(desk: Desk) -> None:
    """Urgent breaches what only warned: that is another sign, and the last one."""
    await desk.policy(warning_percent=50)
    await desk.rules({"then": {"priority": "urgent", "notify": ["again"]}})
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=3))
    assert await desk.worker.fire_due() >= 2
    assert await desk.worker.fire_due() == 0
    signs = [
        (each["facts"]["sign"], each["facts"]["metric"]) for each in await decisions(desk, id_)
    ]
    assert signs[:2] == [("warning", "first_response"), ("breached", "first_response")]
    assert len(signs) == len(set(signs))
    assert await desk.differences() == []


async def test_several_workers_decide_once(desk: Desk) -> None:
    await desk.policy()
    await desk.rules({"then": {"notify": ["late"]}})
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))
    gateway, now = desk.team.gateway, datetime.now(UTC)
    work = (fire_due(gateway.database, gateway.configuration, now) for _ in range(4))
    assert sum(await asyncio.gather(*work)) == 1
    assert len(await decisions(desk, id_)) == 1


async def test_sign_decision_and_deed_are_one_transaction(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.policy()
    await desk.rules({"then": {"notify": ["late"], "add_tags": ["late"]}})
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))

    async def dies(_change: Change, _decision: Any) -> bool:
        raise ConnectionAbortedError

    with monkeypatch.context() as patch:
        patch.setattr(acting, "_move", dies)
        with pytest.raises(ConnectionAbortedError):
            await desk.worker.fire_due()
    assert await told(desk, id_, "sla.breached") == []
    assert await decisions(desk, id_) == []
    assert await desk.worker.fire_due() == 1
    assert (await desk.item(id_))["tags"] == ["late"]
    assert len(await told(desk, id_, "sla.breached")) == len(await decisions(desk, id_)) == 1


async def test_rules_that_fail_leave_a_breach_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.policy()
    await desk.rules({"then": {"notify": ["late"]}})
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))
    rules = desk.team.gateway.configuration.workspace(desk.team.workspace_id).rules
    monkeypatch.delattr(rules, "_default_queue")
    monkeypatch.setattr(rules, "_queues", {})
    assert await desk.worker.fire_due() == 1
    [decision] = await decisions(desk, id_)
    assert decision["error"] == "the rules failed: AttributeError"
    assert decision["outcome"]["queue"] == (await desk.item(id_))["queue"]
    assert len(await told(desk, id_, "sla.breached")) == 1
    assert await told(desk, id_, "conversation.alerted") == []


async def test_without_rules_about_clocks_nothing_is_decided(desk: Desk) -> None:
    id_ = await breached(desk)
    assert await decisions(desk, id_) == []
    [sign] = await told(desk, id_, "sla.breached")
    assert "decision" not in sign


async def test_a_shadow_is_asked_and_changes_nothing(desk: Desk) -> None:
    await desk.policy()
    await desk.rules({"name": "Shadow", "then": {"notify": ["late"]}})
    await desk.rules({"name": "In force", "then": {"add_tags": ["late"]}})
    await desk.team.ask("PUT", "/v1/rules/shadow", {"version": 1})
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))
    await desk.worker.fire_due()
    assert await told(desk, id_, "conversation.alerted") == []
    shown = await desk.team.get("/v1/rules/shadow")
    [example] = shown["examples"]
    assert (example["message"], example["instead"]["notify"]) == (None, ["late"])


async def test_conditions_on_the_contact_and_the_conversation(desk: Desk) -> None:
    """What is known of them when the clock tells."""
    await desk.policy()
    await desk.rules(
        {
            "when": {
                "all": [
                    {"field": "kind", "op": "equals", "value": "email"},
                    {"field": "attribute.tier", "op": "equals", "value": "gold"},
                    {"field": "message_count", "op": "equals", "value": 1},
                    {"field": "waiting", "op": "gte", "value": 0},
                    {"field": "sla_state", "op": "equals", "value": "overdue"},
                    {"field": "previous_agent", "op": "is_missing"},
                ]
            },
            "then": {"notify": ["gold"]},
        }
    )
    id_ = await desk.ask()
    await desk.team.sql('UPDATE contact SET attributes = \'{"tier": "gold"}\'')
    await desk.age(id_, timedelta(hours=5))
    await desk.worker.fire_due()
    assert len(await told(desk, id_, "conversation.alerted")) == 1
    [decision] = await decisions(desk, id_)
    assert "gold" not in str(decision["facts"])


async def test_the_whole_of_rules_knows_the_stage(desk: Desk) -> None:
    """Dry run, test cases, a file, the analysis and the vocabulary."""
    team, queue = desk.team, str(desk.team.queues["Specialists"])
    rule = {
        "name": "Late",
        "stage": "clock",
        "when": BREACHED,
        "then": {"queue": queue, "notify": ["late"]},
    }
    case = {
        "name": "A breach goes up",
        "facts": {"sign": "breached", "metric": "resolution"},
        "expect": {"queue": queue, "level": 2, "notify": ["late"]},
    }
    await team.ask("PUT", "/v1/rules/draft", {"rules": [rule], "cases": [case]})
    await team.ask("POST", "/v1/rules/draft/publish", {"comment": "Clocks"})
    trial = {"facts": {"sign": "breached", "priority": "high"}}
    tried = await team.ask("POST", "/v1/rules/test", trial)
    assert (tried["queue"], tried["notify"], tried["priority"]) == (queue, ["late"], "high")
    failing = case | {"name": "No", "expect": {"notify": ["other"]}}
    refused = await team.call("PUT", "/v1/rules/draft", {"cases": [failing]})
    published = await team.call("POST", "/v1/rules/draft/publish", {"comment": "No"})
    assert (refused.status_code, published.status_code) == (200, 422)
    words = await team.get("/v1/rules/fields")
    assert [each["name"] for each in words["outcomes"]["clock"]] == [
        "add_tags",
        "priority",
        "queue",
        "notify",
    ]


async def test_what_an_agent_has_said_of_the_priority_stays(desk: Desk) -> None:
    await desk.policy(targets=ANSWERS)
    await desk.rules({"when": BREACHED, "then": {"priority": "urgent", "add_tags": ["late"]}})
    id_ = await desk.ask()
    path = f"/v1/conversations/{id_}/priority"
    await desk.team.ask("POST", path, {"priority": "low"})
    await desk.team.ask("POST", path, {"priority": "normal"})
    await desk.age(id_, timedelta(hours=5))
    assert await desk.worker.fire_due() == 1
    item = await desk.item(id_)
    assert (item["priority"], item["tags"]) == ("normal", ["late"])
