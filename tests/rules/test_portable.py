"""Rule files: what is written is read back, and small changes make small diffs."""

import difflib
from typing import Any

import pytest

from gateway.rulebook.portable import InvalidFile, read, written
from routing.facts import Reference
from routing.problems import InvalidRule

NAMES = {Reference.QUEUE: {"q-1": "Billing", "q-2": "Yes, no: 1"}}


def rule(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"r{number}",
        "name": f"Rule {number}",
        "order": number * 10,
        "stage": "route",
        "when": {
            "all": [
                {"field": "text", "op": "contains_any", "value": ["refund", "no", "1e3", "#x"]},
                {"field": "is_new", "op": "is", "value": True},
                {"not": {"field": "previous_queue", "op": "one_of", "value": ["q-1", "q-2"]}},
            ]
        },
        "then": {"queue": "q-1"},
        "stop": False,
        **changes,
    }


CASE = {
    "name": "A refund",
    "message": {"kind": "email", "text": "One\n  two: - three\n", "language": "no"},
    "facts": {"previous_queue": "q-2"},
    "expect": {"queue": "q-1", "tags": ["a"]},
}


def test_what_is_written_is_read_back() -> None:
    rules = [rule(1), rule(2, when={"all": []}, then={"queue": "q-2", "priority": "high"})]
    text = written(rules, [CASE], NAMES)
    contents = read(text, NAMES)
    assert (contents.rules, contents.cases) == (rules, [CASE])
    assert written(contents.rules, contents.cases, NAMES) == text


def test_queues_are_named_as_people_name_them() -> None:
    text = written([rule(1)], [], NAMES)
    assert "queue: Billing" in text
    assert "q-1" not in text
    elsewhere = {Reference.QUEUE: {"x": "billing", "y": "Yes, no: 1"}}
    [read_rule] = read(text, elsewhere).rules
    assert read_rule["then"]["queue"] == "x"
    assert read_rule["when"]["all"][2]["not"]["value"] == ["x", "y"]


def test_a_queue_that_is_not_there_is_pointed_at() -> None:
    text = written([rule(1)], [CASE], NAMES)
    with pytest.raises(InvalidRule) as caught:
        read(text, {Reference.QUEUE: {"q-2": "Yes, no: 1"}})
    assert {each.pointer for each in caught.value.problems} == {"/rules/0", "/cases/0"}


AGENTS = {"a-1": "Ada Rossi", "a-2": "Bob", "a-3": "bob"}


def test_agents_are_named_where_one_alone_has_the_name() -> None:
    names = NAMES | {Reference.AGENT: AGENTS}
    rules = [
        rule(n, stage="respond", then={"assignee": f"a-{n}"}, when={"all": []}) for n in (1, 2)
    ]
    case = {"name": "Ada gets it", "facts": {}, "expect": {"assignee": "a-1"}}
    text = written(rules, [case], names)
    assert text.count("assignee: Ada Rossi") == 2
    assert "assignee: a-2" in text
    assert read(text, names).rules == rules
    with pytest.raises(InvalidRule) as caught:
        read(text.replace("a-2", "BOB").replace("Ada Rossi", "Eve"), names)
    assert [(each.pointer, each.message) for each in caught.value.problems] == [
        ("/rules/0", "no agent is called 'Eve'"),
        ("/rules/1", "more than one agent is called 'BOB'"),
        ("/cases/0", "no agent is called 'Eve'"),
    ]


def test_a_changed_word_is_a_changed_line() -> None:
    many = [rule(number) for number in range(5)]
    other = rule(2)
    other["when"]["all"][0]["value"] = ["refund", "money", "1e3", "#x"]
    before, after = (
        written(rules, [], NAMES).splitlines() for rules in (many, [*many[:2], other, *many[3:]])
    )
    changed = [
        line
        for line in difflib.unified_diff(before, after, n=0, lineterm="")
        if line[0] in "+-" and line[:3] not in {"+++", "---"}
    ]
    assert len(changed) == 2, changed


@pytest.mark.parametrize(
    "text",
    ["", "- a", "rules: 1", "rules: []\nrule: []", "rules: [", "a: &a [*a", "rules: []\nrules: []"],
)
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(InvalidFile):
        read(text, NAMES)


@pytest.mark.parametrize("text", ["rules: [1]", "rules:\n- when: {field: x}\ncases: [null]"])
def test_shapes_are_left_to_the_readers_of_rules(text: str) -> None:
    assert read(text, NAMES).rules
