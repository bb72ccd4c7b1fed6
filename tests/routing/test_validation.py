"""Rules are checked when saved: every mistake is named, at its exact place."""

from typing import Any

import pytest

from routing.conditions import MAX_DEPTH, MAX_NODES
from routing.facts import Existing, Reference
from routing.problems import InvalidRule
from routing.rules import Rule, parse_rule

EXISTING: Existing = {
    Reference.QUEUE: {"q-general", "q-billing"},
    Reference.SLA_POLICY: {"s-gold"},
    Reference.AGENT: {"a-ada"},
}
RULE: dict[str, Any] = {
    "id": "r1",
    "name": "Invoices",
    "order": 10,
    "stage": "route",
    "when": {"field": "subject", "op": "contains_any", "value": ["invoice"]},
    "then": {"queue": "q-billing"},
    "stop": False,
}


def problems_of(rule: object) -> dict[str, str]:
    with pytest.raises(InvalidRule) as caught:
        parse_rule(rule, existing=EXISTING)
    return {problem.pointer: problem.message for problem in caught.value.problems}


def when(condition: object) -> dict[str, Any]:
    return RULE | {"when": condition}


def leaf(field: str, op: str, value: object) -> dict[str, Any]:
    return when({"field": field, "op": op, "value": value})


SHAPES: list[tuple[object, str, str]] = [
    ([], "", "a rule must be an object, not a list"),
    (RULE | {"prioritty": 1}, "/prioritty", "unknown key; expected one of"),
    (RULE | {"ordr": 1}, "/ordr", "unknown key; did you mean 'order'?"),
    (RULE | {"a/b~c": 1}, "/a~1b~0c", "unknown key"),
    ({k: v for k, v in RULE.items() if k != "when"}, "/when", "is missing"),
    (RULE | {"id": ""}, "/id", "must not be empty"),
    (RULE | {"name": 5}, "/name", "must be a text, not a number"),
    (RULE | {"name": "a\0b"}, "/name", "without NUL"),
    (RULE | {"name": "\ud800"}, "/name", "valid Unicode"),
    (RULE | {"order": True}, "/order", "must be a whole number"),
    (RULE | {"order": 1.0}, "/order", "must be a whole number"),
    (RULE | {"order": 2**31}, "/order", "31 bits"),
    (RULE | {"stop": 1}, "/stop", "must be true or false, not a number"),
    (RULE | {"stage": "rout"}, "/stage", "did you mean 'route'?"),
    (RULE | {"then": []}, "/then", "must be an object, not a list"),
    (RULE | {"then": {}}, "/then", "must set something"),
    (RULE | {"then": {"queue": "q-gone"}}, "/then/queue", "dead reference"),
    (RULE | {"then": {"type": "x"}}, "/then/type", "unknown key in stage route"),
    (RULE | {"then": {"queu": "q-billing"}}, "/then/queu", "did you mean 'queue'?"),
    (RULE | {"then": {"priority": "hgih"}}, "/then/priority", "did you mean 'high'?"),
    (RULE | {"then": {"add_tags": "vip"}}, "/then/add_tags", "must be a list, not a text"),
    (RULE | {"then": {"add_tags": ["a", " b"]}}, "/then/add_tags/1", "begin or end with a space"),
    (
        RULE | {"stage": "classify", "then": {"language": "English"}},
        "/then/language",
        "BCP 47",
    ),
    (RULE | {"stage": "classify", "then": {"queue": "q-billing"}}, "/then/queue", "unknown key"),
    (RULE | {"then": {"sla": "s-gone"}}, "/then/sla", "there is no such sla policy"),
    (RULE | {"then": {"skills": ["a", ""]}}, "/then/skills/1", "must not be empty"),
    (RULE | {"then": {"preferred_skills": ["a"]}}, "/then/preferred_skills/0", "must be an object"),
    (
        RULE | {"then": {"preferred_skills": [{"relax_after": 1}]}},
        "/then/preferred_skills/0/skill",
        "is missing",
    ),
    (
        RULE | {"then": {"preferred_skills": [{"skill": "a", "relax_after": -1}]}},
        "/then/preferred_skills/0/relax_after",
        "must be seconds, 0 or more",
    ),
    (
        RULE | {"stage": "respond", "then": {"assignee": "a-gone"}},
        "/then/assignee",
        "there is no such agent",
    ),
    (
        RULE | {"stage": "respond", "then": {"acknowledge": "m-any"}},
        "/then/acknowledge",
        "there is no such macro",
    ),
    (leaf("level", "equals", 2), "/when/field", "level is known only from stage respond on"),
    (leaf("previous_agent", "equals", "a-gone"), "/when/value", "there is no such agent"),
    (when("x"), "/when", "must be an object, not a text"),
    (when({}), "/when/field", "is missing"),
    (when({"al": []}), "/when/al", "did you mean 'all'?"),
    (when({"any": []}), "/when/any", "must not be empty"),
    (when({"not": {"all": []}}), "/when/not/all", "must not be empty"),
    (when({"all": {}}), "/when/all", "must be a list of conditions, not an object"),
    (when({"all": [], "field": "kind"}), "/when/field", "unknown key beside 'all'"),
    (when({"all": [RULE["when"], {"not": None}]}), "/when/all/1/not", "must be an object"),
    (leaf("subjekt", "equals", "x"), "/when/field", "did you mean 'subject'?"),
    (leaf("attribute.", "equals", "x"), "/when/field", "unknown field"),
    (leaf("attribute.since", "lt", "soon"), "/when/value", "a date such as 2030-01-31"),
    (leaf("attribute.since", "lt", True), "/when/value", "a date such as 2030-01-31"),
    (leaf("attribute.paid", "is", "yes"), "/when/value", "must be true or false"),
    (leaf("attribute.seats", "equals", 2**60), "/when/value", "a number of at most"),
    (leaf("history.conversations_400d", "gt", 2), "/when/field", "conversations_<days>d'?"),
    (leaf("history.last_queue", "equals", "q-gone"), "/when/value", "there is no such queue"),
    (when({"field": 3, "op": "is", "value": 1}), "/when/field", "must be a text, not a number"),
    (leaf("subject", "has_any", ["x"]), "/when/op", "type text has no such operator"),
    (leaf("subject", "contains", ["x"]), "/when/op", "did you mean 'contains_any'?"),
    (when({"field": "subject", "op": "equals"}), "/when/value", "is missing"),
    (
        when({"field": "subject", "op": "is_missing", "value": True}),
        "/when/value",
        "takes no value",
    ),
]

VALUES: list[tuple[str, str, object, str, str]] = [
    ("is_new", "is", 1, "/when/value", "must be true or false, not a number"),
    ("message_count", "equals", "5", "/when/value", "must be a number, not a text"),
    ("message_count", "equals", True, "/when/value", "must be a number, not true or false"),
    ("message_count", "gt", float("nan"), "/when/value", "must be a number of at most"),
    ("message_count", "gt", 2**53, "/when/value", "must be a number of at most"),
    ("waiting", "gt", -1, "/when/value", "0 or more"),
    ("received_at", "lt", "2030-01-31T09:00:00", "/when/value", "with its offset"),
    ("received_at", "lt", "tomorrow", "/when/value", "with its offset"),
    ("kind", "equals", "emial", "/when/value", "did you mean 'email'?"),
    ("kind", "one_of", "email", "/when/value", "must be a list, not a text"),
    ("kind", "one_of", [], "/when/value", "must hold 1 to 1000 values"),
    ("kind", "one_of", ["email", "fax"], "/when/value/1", "is no kind"),
    ("previous_queue", "equals", "q-gone", "/when/value", "dead reference"),
    ("previous_queue", "one_of", ["q-billing", "q-gone"], "/when/value/1", "dead reference"),
    ("priority", "gte", "top", "/when/value", "is no priority"),
    ("language", "equals", "Italian", "/when/value", "BCP 47"),
    ("tags", "has_all", ["vip", 7], "/when/value/1", "must be a text, not a number"),
    ("subject", "prefix", "", "/when/value", "must not be empty"),
    ("subject", "equals", "x" * 1001, "/when/value", "longer than 1000"),
    ("subject", "contains_any", ["ok", "?!"], "/when/value/1", "must hold a letter or digit"),
    ("subject", "matches", "(a", "/when/value", "RE2 accepts: missing )"),
    ("subject", "matches", r"(a)\1", "/when/value", "RE2 accepts: invalid escape"),
    ("subject", "matches", "(?=a)", "/when/value", "RE2 accepts"),
    ("subject", "matches", "((a{100}){100}){100}", "/when/value", "RE2 accepts"),
    ("subject", "matches", "a" * 513, "/when/value", "longer than 512"),
]


@pytest.mark.parametrize(("rule", "pointer", "message"), SHAPES)
def test_each_mistake_in_shape_is_named_at_its_place(
    rule: object, pointer: str, message: str
) -> None:
    assert message in problems_of(rule)[pointer]


@pytest.mark.parametrize(("field", "op", "value", "pointer", "message"), VALUES)
def test_values_are_checked_against_their_type_and_never_coerced(
    field: str, op: str, value: object, pointer: str, message: str
) -> None:
    found = problems_of(leaf(field, op, value))
    assert list(found) == [pointer]
    assert message in found[pointer]


def test_all_problems_are_reported_at_once() -> None:
    rule = RULE | {
        "name": "",
        "when": {
            "all": [
                {"field": "is_new", "op": "is", "value": "yes"},
                {"any": [{"field": "nope", "op": "is", "value": True}, RULE["when"]]},
            ]
        },
        "then": {"queue": "q-gone", "priority": 3},
    }
    assert list(problems_of(rule)) == [
        "/name",
        "/when/all/0/value",
        "/when/all/1/any/0/field",
        "/then/queue",
        "/then/priority",
    ]


@pytest.mark.parametrize("field", ["type", "priority"])
def test_classify_cannot_test_what_only_it_decides(field: str) -> None:
    rule = RULE | {
        "stage": "classify",
        "when": {"field": field, "op": "is_missing"},
        "then": {"add_tags": ["x"]},
    }
    assert "known only from stage route" in problems_of(rule)["/when/field"]


def nested(depth: int) -> object:
    condition: object = RULE["when"]
    for _ in range(depth - 1):
        condition = {"not": condition}
    return condition


def test_trees_are_limited_in_depth() -> None:
    parse_rule(when(nested(MAX_DEPTH)), existing=EXISTING)
    assert problems_of(when(nested(MAX_DEPTH + 1))) == {
        "/when" + "/not" * MAX_DEPTH: "conditions may be nested 16 deep at most"
    }
    assert len(problems_of(when(nested(50_000)))) == 1


def test_trees_are_limited_in_size_with_one_problem() -> None:
    parse_rule(when({"all": [RULE["when"]] * (MAX_NODES - 1)}), existing=EXISTING)
    wide = {"any": [{"all": [RULE["when"]] * MAX_NODES}] * 50}
    assert list(problems_of(when(wide)).values()) == [
        "a rule may hold 1000 conditions and groups at most"
    ]


def test_a_rule_may_do_nothing_but_stop() -> None:
    assert parse_rule(RULE | {"then": {}, "stop": True}, existing=EXISTING).stop


@pytest.mark.parametrize(
    "condition",
    [
        {"all": []},
        {"not": {"any": [RULE["when"], {"field": "waiting", "op": "gte", "value": 1.5}]}},
        {"field": "received_at", "op": "lt", "value": "2030-01-31T09:00:00Z"},
        {"field": "attribute.tier", "op": "is_missing"},
    ],
)
def test_rules_go_to_json_and_back(condition: object) -> None:
    written = when(condition) | {"then": {"add_tags": ["a"], "priority": "high"}}
    rule = parse_rule(written, existing=EXISTING)
    assert isinstance(rule, Rule)
    assert rule.to_json() == written
    assert parse_rule(rule.to_json(), existing=EXISTING) == rule


WHOLE = [
    {
        "skills": ["a", "b"],
        "preferred_skills": [{"skill": "c"}, {"skill": "d", "relax_after": 90.5}],
        "queue": "q-billing",
        "sla": "s-gold",
    },
    {"add_tags": ["x"], "assignee": "a-ada"},
]


@pytest.mark.parametrize(("stage", "then"), [("route", WHOLE[0]), ("respond", WHOLE[1])])
def test_outcomes_go_to_json_and_back(stage: str, then: dict[str, Any]) -> None:
    rule = parse_rule(RULE | {"stage": stage, "then": then}, existing=EXISTING)
    assert rule.then.to_json() == then
