"""Rules about what SLA clocks tell: stage clock, and nothing but that."""

from typing import Any

import pytest
from tests.routing.building import ALWAYS, EXISTING, decide, leaf, rule, rule_set

from routing.explanation import sentences
from routing.facts import Facts
from routing.priority import Priority
from routing.problems import InvalidRule
from routing.rules import parse_rule

BREACH: dict[str, Any] = {
    "sign": "breached",
    "metric": "first_response",
    "overdue": 90,
    "queue": "q-billing",
    "priority": Priority.HIGH,
    "tags": frozenset({"vip"}),
    "sla": "s-gold",
}


def clock(id_: str, when: Any = ALWAYS, **then: Any) -> dict[str, Any]:
    return rule(id_, when, stage="clock", **then)


def test_a_sign_is_decided_by_rules_about_clocks_alone() -> None:
    others = [
        rule("a", ALWAYS, stage="classify", priority="low", add_tags=["a"]),
        rule("b", ALWAYS, stage="route", queue="q-general"),
        rule("c", ALWAYS, stage="respond", assignee="a-ada"),
    ]
    decision = decide(BREACH, *others, clock("d", queue="q-legal", notify=["z", "late"]))
    assert (decision.queue, decision.level, decision.priority) == ("q-legal", 2, Priority.HIGH)
    assert (decision.tags, decision.notify) == (("vip",), ("late", "z"))
    assert (decision.sla, decision.assignee) == ("s-gold", None)
    assert [stage["stage"] for stage in decision.explanation["stages"]] == ["clock"]


def test_a_message_asks_no_rule_about_clocks() -> None:
    decision = decide({"kind": "email"}, clock("d", queue="q-legal", notify=["late"]))
    assert (decision.queue, decision.notify) == ("q-general", ())
    assert decision.explanation["stages"] == []


def test_without_a_rule_it_stays_where_it_is() -> None:
    decision = decide(BREACH, clock("d", leaf("sign", "equals", "warning"), queue="q-legal"))
    assert (decision.queue, decision.priority) == ("q-billing", Priority.HIGH)
    assert decision.explanation["queue"]["by"] == "previous_queue"
    [stage] = decision.explanation["stages"]
    assert [miss["seen"] for miss in stage["near_misses"]] == ["breached"]


@pytest.mark.parametrize(
    "when",
    [
        leaf("metric", "equals", "first_response"),
        leaf("overdue", "gt", 60),
        leaf("sla", "equals", "s-gold"),
        leaf("queue", "equals", "q-billing"),
        leaf("level", "equals", 1),
        leaf("priority", "gte", "high"),
        leaf("tags", "has_any", ["vip"]),
    ],
)
def test_rules_about_clocks_know_the_clock_and_the_conversation(when: dict[str, Any]) -> None:
    assert decide(BREACH, clock("d", when, queue="q-legal")).queue == "q-legal"
    assert decide(BREACH, clock("d", {"not": when}, queue="q-legal")).queue == "q-billing"


def test_how_long_it_is_overdue_is_unknown_while_it_warns() -> None:
    warning = {**BREACH, "sign": "warning", "overdue": None}
    rules = [
        clock("a", leaf("overdue", "gte", 0), notify=["late"]),
        clock("b", {"not": leaf("overdue", "gte", 0)}, notify=["early"]),
    ]
    assert decide(warning, *rules).notify == ()


def test_why_somebody_is_told_is_told() -> None:
    decision = decide(BREACH, clock("d", leaf("overdue", "gt", 60), notify=["late"]))
    told = 'notice late because rule "Rule d" matched: overdue is more than 60'
    assert told in sentences(decision.explanation)


@pytest.mark.parametrize(
    ("written", "pointer", "said"),
    [
        (clock("a", leaf("text", "is_missing"), notify=["x"]), "/when/field", "of a message"),
        (clock("a", leaf("is_new", "is", True), notify=["x"]), "/when/field", "of a message"),
        (clock("a", assignee="a-ada"), "/then/assignee", "in stage clock"),
        (clock("a", notify=[]), "/then/notify", ""),
        (
            rule("a", leaf("sign", "equals", "warning"), queue="q-legal"),
            "/when/field",
            "only from stage clock",
        ),
        (rule("a", ALWAYS, notify=["x"]), "/then/notify", "in stage route"),
    ],
)
def test_what_has_no_sense_in_a_stage_is_refused(
    written: dict[str, Any], pointer: str, said: str
) -> None:
    with pytest.raises(InvalidRule) as refused:
        parse_rule(written, existing=EXISTING)
    [problem] = refused.value.problems
    assert problem.pointer == pointer
    assert said in problem.message


def test_a_rule_set_says_whether_it_acts_on_clocks() -> None:
    assert rule_set(clock("a", notify=["x"])).acts_on_clocks
    assert not rule_set(rule("a", ALWAYS, queue="q-legal")).acts_on_clocks


def test_a_rule_about_clocks_is_written_as_it_is_read() -> None:
    written = clock("a", leaf("sign", "equals", "breached"), notify=["x"], priority="urgent")
    assert parse_rule(written, existing=EXISTING).to_json() == written


def test_a_sign_must_be_one_that_there_is() -> None:
    with pytest.raises(ValueError, match="sign is one of warning, breached"):
        Facts({"sign": "late"})
