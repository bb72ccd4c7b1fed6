"""Explanations say why, in JSON and in sentences, and hold nothing that a customer wrote."""

import json
from typing import Any

import pytest
from tests.routing.building import ALWAYS, decide, leaf, matches, rule

from routing.explanation import StageExplained, sentences

INVOICES = {
    "all": [leaf("kind", "equals", "email"), leaf("subject", "contains_any", ["bill", "invoice"])]
}


def test_a_rules_match_is_explained_by_what_held() -> None:
    decision = decide(
        {"kind": "email", "subject": "My invoice"},
        rule("a", INVOICES, queue="q-billing", add_tags=["money"]),
    )
    expected: StageExplained = {
        "stage": "route",
        "matched": [
            {
                "id": "a",
                "name": "Rule a",
                "because": [
                    {"field": "kind", "op": "equals", "value": "email"},
                    {"field": "subject", "op": "contains_any", "value": "invoice"},
                ],
            }
        ],
        "stopped": None,
        "near_misses": [],
    }
    assert decision.explanation["stages"][-1] == expected
    assert decision.explanation["queue"] == {
        "value": "q-billing",
        "by": "rule",
        "rule": "a",
        "name": "Billing",
        "level": 1,
    }
    assert decision.explanation["tags"] == [{"value": "money", "by": "rule", "rule": "a"}]
    assert decision.explanation["winners"] == {"priority": {"value": "normal", "by": "default"}}
    why = 'because rule "Rule a" matched: kind equals "email" and subject contains "invoice"'
    assert sentences(decision.explanation) == [
        f"queue Billing (level 1) {why}",
        "priority normal by default, since no rule set it",
        f"tag money {why}",
    ]


def test_of_alternatives_the_first_that_held_is_told() -> None:
    either = {
        "any": [
            leaf("is_new", "is", False),
            {"not": leaf("is_reopened", "is", True)},
            leaf("is_new", "is", True),
        ]
    }
    decision = decide({"is_new": True, "is_reopened": False}, rule("a", either, queue="q-legal"))
    [matched] = decision.explanation["stages"][-1]["matched"]
    assert matched["because"] == [
        {"field": "is_reopened", "op": "is", "value": True, "negated": True}
    ]
    assert sentences(decision.explanation)[0].endswith("matched: not (is_reopened is true)")


def near_misses(facts: dict[str, Any], *conditions: dict[str, Any]) -> list[Any]:
    rules = [rule(f"r{n}", when, queue="q-billing") for n, when in enumerate(conditions)]
    misses = decide(facts, *rules).explanation["stages"][-1]["near_misses"]
    return [(miss["id"], miss["lacking"], miss["seen"]) for miss in misses]


def test_a_near_miss_names_the_one_condition_that_failed_and_what_it_saw() -> None:
    is_new, sms = leaf("is_new", "is", True), leaf("kind", "equals", "sms")
    long = {"not": leaf("waiting", "gt", 60)}
    assert near_misses(
        {"is_new": True, "kind": "email", "waiting": 90},
        {"all": [is_new, sms]},
        {"all": [sms, long]},
        {"any": [{"all": [sms, long]}, {"all": [is_new, long]}]},
        {"all": [is_new, leaf("tags", "has_any", ["vip"])]},
    ) == [
        ("r0", sms, "email"),
        ("r2", long["not"] | {"negated": True}, 90),
        ("r3", leaf("tags", "has_any", ["vip"]), None),
    ]


PLAIN = {"kind": "email", "channel": "c1", "subject": "pay now", "tags": frozenset({"vip"})}
PASSES = [
    leaf("kind", "equals", "email"),
    leaf("channel", "one_of", ["c1", "c2"]),
    leaf("subject", "contains_any", ["pay"]),
    leaf("tags", "has_any", ["vip"]),
]
FAILS = [
    leaf("kind", "one_of", ["sms", "chat"]),
    leaf("channel", "equals", "c9"),
    leaf("subject", "contains_any", ["refund"]),
    leaf("tags", "has_any", ["late"]),
    leaf("is_new", "is", True),
]


@pytest.mark.parametrize("failing", FAILS)
@pytest.mark.parametrize("other", FAILS)
def test_two_failed_demands_are_no_near_miss_of_any_kind_or_field(
    failing: dict[str, Any], other: dict[str, Any]
) -> None:
    [(_, lacking, _)] = near_misses(PLAIN, {"all": [*PASSES, failing]})
    assert lacking == failing
    assert near_misses(PLAIN, {"all": [other, *PASSES, failing]}) == []


@pytest.mark.parametrize("passing", PASSES)
@pytest.mark.parametrize("failing", FAILS)
def test_one_failed_demand_keeps_a_rule_from_matching(
    passing: dict[str, Any], failing: dict[str, Any]
) -> None:
    for parts in ([passing, failing], [failing, passing], [passing, passing, failing]):
        assert not matches({"all": parts}, PLAIN)
    assert matches({"all": [passing, *PASSES]}, PLAIN)


@pytest.mark.parametrize(
    ("condition", "seen", "shown"),
    [
        (leaf("tags", "has_any", ["vip"]), frozenset({"b", "a"}), ["a", "b"]),
        (leaf("message_count", "gt", 3), 2, 2),
        (leaf("channel", "equals", "c1"), "c2", "c2"),
        (leaf("subject", "matches", "^x"), "secret", {"length": 6}),
        (leaf("attribute.tier", "equals", "gold"), "basic", {"length": 5}),
        (leaf("attribute.seats", "gt", 12), "10", {"length": 2}),
    ],
)
def test_what_a_near_miss_saw(condition: dict[str, Any], seen: Any, shown: Any) -> None:
    assert near_misses({condition["field"]: seen}, condition) == [("r0", condition, shown)]


def test_at_most_five_near_misses_are_told_most_of_them_where_the_queue_is_chosen() -> None:
    sms = leaf("kind", "equals", "sms")
    decision = decide(
        {"kind": "email"},
        *(rule(f"c{n}", sms, stage="classify", add_tags=["x"]) for n in range(9)),
        *(rule(f"r{n}", sms, queue="q-billing") for n in range(9)),
        rule("z", ALWAYS, queue="q-legal"),
    )
    classify, route = decision.explanation["stages"]
    assert [miss["id"] for miss in classify["near_misses"]] == ["c0", "c1"]
    assert [miss["id"] for miss in route["near_misses"]] == ["r0", "r1", "r2"]
    assert decision.queue == "q-legal"


def test_long_lists_are_cut_short() -> None:
    words = [f"word{n}" for n in range(8)]
    [(_, lacking, _)] = near_misses({"text": "x"}, leaf("text", "contains_any", words))
    assert (lacking["value"], lacking["more"]) == (words[:5], 3)
    many = {"all": [leaf("waiting", "gte", n) for n in range(8)]}
    decision = decide({"waiting": 9}, rule("a", many, queue="q-billing"))
    [matched] = decision.explanation["stages"][-1]["matched"]
    assert (len(matched["because"]), matched["more"]) == (5, 3)
    assert "and 3 more conditions" in sentences(decision.explanation)[0]


def test_hidden_rules_are_counted_and_the_first_named() -> None:
    decision = decide(
        {},
        rule("a", ALWAYS, queue="q-billing", stop=True),
        *(rule(f"b{n}", ALWAYS, queue="q-legal") for n in range(7)),
    )
    stopped = decision.explanation["stages"][-1]["stopped"]
    assert stopped is not None
    assert (stopped["by"]["id"], stopped["hidden"]) == ("a", 7)
    assert [hidden["id"] for hidden in stopped["first"]] == ["b0", "b1", "b2", "b3", "b4"]
    assert sentences(decision.explanation)[-1] == (
        'rule "Rule a" stopped stage route; not asked: '
        '"Rule b0", "Rule b1", "Rule b2", "Rule b3", "Rule b4" and 2 more'
    )


def test_sentences_read_the_explanation_back_from_json() -> None:
    decision = decide(
        {"kind": "email", "subject": "hello there", "language": "it"},
        rule("a", leaf("kind", "equals", "sms"), queue="q-billing"),
        rule("b", leaf("subject", "contains_any", ["invoice"]), queue="q-billing"),
        rule("c", leaf("is_new", "is", True), queue="q-billing"),
        rule("d", ALWAYS, stage="classify", type="claim"),
        fallback_queue="q-legal",
    )
    assert sentences(json.loads(json.dumps(decision.explanation))) == [
        "queue Legal (level 2) because the conversation was there before and no rule chose a queue",
        "priority normal by default, since no rule set it",
        "language it as the conversation had it before, since no rule set it",
        'type claim because rule "Rule d" matched: it matches every message',
        'rule "Rule a" lacked only: kind equals "sms" (it is "email")',
        'rule "Rule b" lacked only: subject contains "invoice" (it has 11 characters)',
        'rule "Rule c" lacked only: is_new is true (it is unknown)',
    ]


PRIVATE = ("subject", "text", "sender", "recipient", "attribute.name")


@pytest.mark.parametrize("field", PRIVATE)
@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("equals", "other"),
        ("one_of", ["other"]),
        ("prefix", "other"),
        ("contains_any", ["other"]),
        ("matches", "^other"),
        ("matches", "s.cret"),
        ("is_missing", None),
    ],
)
def test_nothing_a_customer_wrote_is_in_a_decision(field: str, op: str, value: Any) -> None:
    facts = dict.fromkeys(PRIVATE, "a secret from jo@example.org")
    condition = leaf(field, op, *([] if value is None else [value]))
    decision = decide(
        facts,
        rule("a", condition, stage="classify", add_tags=["x"]),
        rule("b", {"not": condition}, queue="q-billing"),
        rule("c", {"all": [condition, ALWAYS_NEW]}, queue="q-legal"),
    )
    told = json.dumps(decision.explanation) + "\n".join(sentences(decision.explanation))
    assert "secret" not in told
    assert "example.org" not in told


ALWAYS_NEW = {"not": leaf("is_new", "is_missing")}


def test_skills_and_what_respond_chose_are_explained() -> None:
    wanted = [{"skill": "italian", "relax_after": 600}, {"skill": "patience"}]
    decision = decide(
        {},
        rule("a", ALWAYS, sla="s-gold", skills=["tax"], preferred_skills=wanted),
        rule("b", leaf("sla", "equals", "s-gold"), stage="respond", acknowledge="m-thanks"),
        rule("c", leaf("level", "equals", 1), stage="respond", assignee="a-ada"),
    )
    always = 'because rule "Rule a" matched: it matches every message'
    assert sentences(decision.explanation)[1:] == [
        "priority normal by default, since no rule set it",
        f"sla s-gold {always}",
        'acknowledge m-thanks because rule "Rule b" matched: sla equals "s-gold"',
        'assignee a-ada because rule "Rule c" matched: level equals 1',
        f"required skill tax {always}",
        f"preferred skill italian (insisted on for 600 s) {always}",
        f"preferred skill patience {always}",
    ]
