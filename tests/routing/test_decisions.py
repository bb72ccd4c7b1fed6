"""Which rule wins, what adds up, and where a message goes that no rule wants."""

import copy
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing import naive
from tests.routing.building import ALWAYS, QUEUES, decide, leaf, rule, rule_set

from routing.engine import RuleSet
from routing.facts import Facts, FieldType, Reference, Stage
from routing.outcomes import STAGES
from routing.priority import Priority
from routing.rules import parse_rule


def test_the_first_match_wins_each_field_by_order_then_id() -> None:
    decision = decide(
        {},
        rule("c", ALWAYS, order=2, queue="q-billing", priority="urgent"),
        rule("b", ALWAYS, order=1, queue="q-legal"),
        rule("a", ALWAYS, order=2, queue="q-general", priority="low"),
    )
    assert (decision.queue, decision.level, decision.priority) == ("q-legal", 2, Priority.LOW)


def test_tags_add_up_over_rules_stages_and_facts() -> None:
    decision = decide(
        {"tags": frozenset({"old"})},
        rule("a", ALWAYS, stage="classify", add_tags=["vip", "it"]),
        rule("b", ALWAYS, add_tags=["vip", "late"]),
    )
    assert decision.tags == ("it", "late", "old", "vip")
    by = [(tag["value"], tag["rule"]) for tag in decision.explanation["tags"]]
    assert by == [("vip", "a"), ("it", "a"), ("late", "b")]


def test_stop_hides_the_rest_of_its_stage_only() -> None:
    decision = decide(
        {},
        rule("a", ALWAYS, stage="classify", add_tags=["a"], stop=True),
        rule("b", ALWAYS, stage="classify", add_tags=["b"]),
        rule("c", leaf("is_new", "is", True), stop=True),
        rule("d", ALWAYS, queue="q-billing"),
    )
    assert (decision.tags, decision.queue) == (("a",), "q-billing")


def test_rules_of_a_stage_do_not_see_each_other() -> None:
    sees = leaf("tags", "has_any", ["first"])
    decision = decide(
        {},
        rule("a", ALWAYS, stage="classify", add_tags=["first"]),
        rule("b", sees, stage="classify", add_tags=["same stage"]),
        rule("c", sees, add_tags=["next stage"]),
    )
    assert decision.tags == ("first", "next stage")


def test_route_sees_what_classify_decided() -> None:
    decision = decide(
        {"language": "en"},
        rule("a", ALWAYS, stage="classify", type="claim", language="it", priority="high"),
        rule(
            "b",
            {
                "all": [
                    leaf("type", "equals", "claim"),
                    leaf("language", "equals", "it"),
                    leaf("priority", "gte", "high"),
                ]
            },
            queue="q-legal",
            priority="urgent",
        ),
    )
    assert (decision.queue, decision.type, decision.language) == ("q-legal", "claim", "it")
    assert decision.priority is Priority.URGENT


def test_without_rules_the_conversation_keeps_what_it_had() -> None:
    decision = decide({"priority": Priority.HIGH, "type": "claim", "language": "de"})
    assert (decision.priority, decision.type, decision.language) == ("high", "claim", "de")
    assert decision.rule_set_version == 7


@pytest.mark.parametrize(
    ("fallback", "queue", "by"),
    [
        (None, "q-general", "default"),
        ("q-legal", "q-legal", "previous_queue"),
        ("q-gone", "q-general", "default"),
    ],
)
def test_what_no_rule_routes_falls_back(fallback: str | None, queue: str, by: str) -> None:
    decision = decide({}, fallback_queue=fallback)
    assert (decision.queue, decision.explanation["queue"]["by"]) == (queue, by)


def test_a_rule_wins_over_the_fallback() -> None:
    assert decide({}, rule("a", ALWAYS, queue="q-billing"), fallback_queue="q-legal").queue == (
        "q-billing"
    )


def test_a_rule_set_refuses_what_does_not_exist() -> None:
    routed = parse_rule(rule("a", ALWAYS, queue="q-x"), existing={Reference.QUEUE: {"q-x"}})
    with pytest.raises(ValueError, match="'a' routes to 'q-x'"):
        RuleSet(1, [routed], QUEUES, "q-general")
    with pytest.raises(ValueError, match="default queue 'q-x'"):
        RuleSet(1, [], QUEUES, "q-x")
    with pytest.raises(ValueError, match="share the id 'a'"):
        rule_set(rule("a", ALWAYS, queue="q-billing"), rule("a", ALWAYS, queue="q-legal"))


TEXTS = st.lists(
    st.sampled_from(
        ["pay", "Pay", "now", "già", "straße", "STRASSE", "票", " ", "-", "”", "ﬁ", "_"]
    ),
    max_size=6,
).map(" ".join) | st.text(st.sampled_from("pay nowà票.-”\n"), max_size=12)
KEYWORDS = st.lists(
    st.sampled_from(["pay", "pay now", "già", "strasse", "票", "now-pay", "fi"]),
    min_size=1,
    max_size=3,
)
TAGS = st.sampled_from(["a", "b", "c"])
TAG_LISTS = st.lists(TAGS, min_size=1, max_size=2)
NUMBERS = st.integers(0, 3) | st.sampled_from([0.5, 2.0])
INSTANTS = st.sampled_from(["2030-01-01T00:00:00+00:00", "2030-01-01T02:00:00+01:00"])
RANKS = st.sampled_from(naive.RANKS)
ORDERED = st.sampled_from(["equals", "lt", "lte", "gt", "gte"])
KINDS = st.sampled_from(["email", "sms", "chat"])
QUEUE_IDS = st.sampled_from(sorted(QUEUES))
SLAS = st.sampled_from(["s-gold", "s-bronze"])


def of(fields: list[str], ops: Any, values: Any) -> st.SearchStrategy[dict[str, Any]]:
    ops = st.sampled_from(ops) if isinstance(ops, list) else ops
    return st.fixed_dictionaries({"field": st.sampled_from(fields), "op": ops, "value": values})


def leaves(stage: str) -> st.SearchStrategy[dict[str, Any]]:
    options = [
        of(["kind"], ["equals"], KINDS),
        of(["kind"], ["one_of"], st.lists(KINDS, min_size=1)),
        of(["subject", "text", "attribute.tier"], ["contains_any"], KEYWORDS),
        of(["subject", "attribute.tier"], ["equals"], TEXTS),
        of(["subject", "attribute.tier"], ["one_of"], st.lists(TEXTS, min_size=1, max_size=3)),
        of(["subject"], ["prefix"], TEXTS.filter(bool)),
        of(["tags"], ["has_any", "has_all"], TAG_LISTS),
        of(["waiting", "message_count"], ORDERED, NUMBERS),
        of(["received_at"], ORDERED, INSTANTS),
        of(["attribute.seats"], ORDERED, NUMBERS),
        of(["attribute.seats"], ["lt", "lte", "gt", "gte"], st.just("2030-01-31")),
        of(["attribute.seats"], ["is"], st.booleans()),
        of(["attribute.seats"], ["equals"], st.sampled_from(["2", "true"])),
        of(["is_new", "is_automatic"], ["is"], st.booleans()),
        st.fixed_dictionaries(
            {
                "field": st.sampled_from(
                    ["subject", "tags", "waiting", "language", "attribute.seats"]
                ),
                "op": st.just("is_missing"),
            }
        ),
    ]
    if stage == "respond":
        options += [
            of(["queue"], ["equals"], QUEUE_IDS),
            of(["queue"], ["one_of"], st.lists(QUEUE_IDS, min_size=1)),
            of(["level"], ORDERED, st.integers(1, 2)),
            of(["sla"], ["equals"], SLAS),
        ]
    if stage != "classify":
        options += [
            of(["type"], ["equals"], TAGS),
            of(["priority"], ORDERED, RANKS),
            of(["priority"], ["one_of"], st.lists(RANKS, min_size=1)),
        ]
    return st.one_of(options)


def conditions(stage: str) -> st.SearchStrategy[dict[str, Any]]:
    def groups(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        several = st.lists(parts, min_size=1, max_size=4)
        return st.one_of(
            several.map(lambda p: {"all": p}),
            several.map(lambda p: {"any": p}),
            parts.map(lambda p: {"not": p}),
        )

    # What the index answers: a few fields, tested for a few values, alone or as alternatives.
    demand = st.one_of(
        of(["kind"], ["equals"], KINDS),
        of(["subject", "text"], ["contains_any"], KEYWORDS),
        of(["tags"], ["has_any"], TAG_LISTS),
    )
    either = st.lists(demand, min_size=2, max_size=3).map(lambda parts: {"any": parts})
    demands = st.lists(demand | either | leaves(stage), min_size=2, max_size=4)
    plain = demands.map(lambda parts: {"all": parts})
    return st.one_of(plain, st.recursive(leaves(stage), groups, max_leaves=4), st.just(ALWAYS))


CONDITIONS = {stage: conditions(stage) for stage in STAGES}
OUTCOMES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "classify": st.fixed_dictionaries(
        {"add_tags": TAG_LISTS},
        optional={"type": TAGS, "language": st.sampled_from(["it", "de"]), "priority": RANKS},
    ),
    "route": st.fixed_dictionaries(
        {"add_tags": TAG_LISTS},
        optional={
            "queue": QUEUE_IDS,
            "priority": RANKS,
            "skills": TAG_LISTS,
            "preferred_skills": st.lists(
                st.fixed_dictionaries(
                    {"skill": TAGS}, optional={"relax_after": st.sampled_from([60, 90.5])}
                ),
                min_size=1,
                max_size=2,
                unique_by=lambda each: each["skill"],
            ),
            "sla": SLAS,
        },
    ),
    "respond": st.fixed_dictionaries(
        {"add_tags": TAG_LISTS},
        optional={
            "acknowledge": st.sampled_from(["m-thanks", "m-closed"]),
            "assignee": st.sampled_from(["a-ada", "a-bob"]),
        },
    ),
}


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    drawn = []
    for number in range(draw(st.integers(0, 6))):
        stage = draw(st.sampled_from([stage for stage in Stage if stage is not Stage.CLOCK]))
        drawn.append(
            rule(
                f"r{number}",
                draw(CONDITIONS[stage]),
                stage=stage,
                order=draw(st.integers(0, 3)),
                stop=draw(st.sampled_from([False, False, False, True])),
                **draw(OUTCOMES[stage]),
            )
        )
    return drawn


FACTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "kind": KINDS,
        "subject": TEXTS,
        "text": TEXTS,
        "attribute.tier": TEXTS,
        "attribute.seats": st.sampled_from(
            ["0", "2", "2.0", "3", "true", "false", "2030-01-31", "2031-01-01", "few", ""]
        ),
        "tags": st.frozensets(TAGS),
        "waiting": NUMBERS,
        "message_count": NUMBERS,
        "received_at": INSTANTS.map(naive.plainly(FieldType.DATETIME)),
        "is_new": st.booleans(),
        "is_automatic": st.booleans(),
        "type": TAGS,
        "language": st.sampled_from(["it", "en"]),
        "priority": RANKS.map(Priority),
        "sla": SLAS,
    },
)
PREVIOUS = st.none() | QUEUE_IDS | st.just("q-gone")


LEVELS = {id_: queue.level for id_, queue in QUEUES.items()}
OUTPUTS = (
    *("queue", "level", "priority", "tags", "type", "language"),
    *("skills", "preferred_skills", "sla", "acknowledge", "assignee"),
)


@given(rules(), FACTS, PREVIOUS)
@settings(max_examples=250, deadline=None)
def test_compiled_rules_decide_as_naive_evaluation_does(
    written: list[dict[str, Any]], facts: dict[str, Any], previous: str | None
) -> None:
    decision = rule_set(*written).decide(Facts(facts), fallback_queue=previous)
    expected = naive.decide(written, facts, LEVELS, "q-general", previous)
    explanation = decision.explanation
    winners = {**explanation["winners"], "queue": explanation["queue"]}
    assert {
        **{name: getattr(decision, name) for name in OUTPUTS},
        "matched": [r["id"] for stage in explanation["stages"] for r in stage["matched"]],
        "winners": {name: won["rule"] for name, won in winners.items() if won["by"] == "rule"},
        "near": {
            stage["stage"]: [miss["id"] for miss in stage["near_misses"]]
            for stage in explanation["stages"]
        },
    } == expected | {
        "near": {
            name: ids[: STAGES[Stage(name)].near_misses] for name, ids in expected["near"].items()
        }
    }


@given(rules(), FACTS, PREVIOUS)
@settings(max_examples=100, deadline=None)
def test_without_conditions_and_needless_facts_the_same_is_decided(
    written: list[dict[str, Any]], facts: dict[str, Any], previous: str | None
) -> None:
    rules = rule_set(*written)
    whole = rules.decide(Facts(facts), fallback_queue=previous)
    asked = Facts({name: value for name, value in facts.items() if name in rules.asked})
    brief = rules.decide(asked, fallback_queue=previous, in_full=False)
    stages = copy.deepcopy(whole.explanation["stages"])
    for stage in stages:
        stage["near_misses"] = []
        for matched in stage["matched"]:
            matched.pop("more", None)
            matched["because"] = []
    assert brief == replace(whole, explanation={**whole.explanation, "stages": stages})


@given(rules(), FACTS)
@settings(max_examples=30, deadline=None)
def test_the_same_facts_and_version_give_the_same_bytes(
    written: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    once = rule_set(*written)
    first = orjson.dumps(once.decide(Facts(facts)))
    assert orjson.dumps(once.decide(Facts(facts))) == first
    again = rule_set(*reversed(written)).decide(Facts(dict(reversed(facts.items()))))
    assert orjson.dumps(again) == first
    assert json.loads(json.dumps(again.explanation)) == orjson.loads(first)["explanation"]
