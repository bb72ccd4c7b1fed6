"""The analysis of rules: its proofs beside a search, its messages beside the engine."""

import random
from collections import Counter
from cProfile import Profile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.analysis_cases import (
    TEXTS,
    Trial,
    Written,
    analysed,
    condition,
    found,
    refuse_what_is_refuted,
    rule_sets,
    sign_leaves,
    small_leaves,
    small_messages,
    small_signs,
    text_leaves,
)
from tests.routing.building import ALWAYS, EXISTING, QUEUES, leaf, rule, rule_set

from routing.analysis import Analysis, Finding, Kind, analyse
from routing.analysis import formula as budgets
from routing.analysis.survey import MAX_CONFLICTS
from routing.engine import Decision
from routing.facts import Stage
from routing.rules import parse_rule

USELESS = (Kind.NEVER, Kind.UNREACHABLE, Kind.SHADOWED)


def only(*written: Written) -> Finding:
    [finding] = analysed(list(written)).findings
    return finding


NEVER = [
    [leaf("kind", "equals", "email"), leaf("kind", "equals", "sms")],
    [leaf("kind", "equals", "email"), {"not": leaf("kind", "equals", "email")}],
    [leaf("kind", "is_missing"), leaf("kind", "equals", "sms")],
    [leaf("kind", "is_missing"), {"not": leaf("kind", "equals", "sms")}],
    [
        {"not": leaf("kind", "one_of", ["email", "sms"])},
        {"not": leaf("kind", "one_of", ["web_form", "chat"])},
    ],
    [leaf("is_new", "is", True), leaf("is_new", "is", False)],
    [leaf("channel", "equals", "a"), leaf("channel", "one_of", ["b", "c"])],
    [leaf("message_count", "gt", 2), leaf("message_count", "lt", 2)],
    [leaf("message_count", "gte", 2.5), leaf("message_count", "equals", 2)],
    [leaf("waiting", "lt", 60), leaf("waiting", "gte", 60)],
    [leaf("tags", "has_all", ["a", "b"]), {"not": leaf("tags", "has_any", ["b", "c"])}],
    [leaf("text", "equals", "Pay now"), {"not": leaf("text", "contains_any", ["now"])}],
    [leaf("text", "contains_any", ["pay now"]), {"not": leaf("text", "contains_any", ["pay"])}],
    [leaf("text", "prefix", "PAY it"), {"not": leaf("text", "prefix", "pay")}],
    [leaf("text", "prefix", "pay it"), {"not": leaf("text", "contains_any", ["Pay"])}],
    [leaf("text", "prefix", "ab"), leaf("text", "prefix", "b")],
    [leaf("priority", "gt", "high"), leaf("priority", "one_of", ["low", "high"])],
    [leaf("priority", "is_missing"), leaf("kind", "equals", "sms")],
    [
        leaf("received_at", "lt", "2030-01-01T00:00:00+00:00"),
        leaf("received_at", "gt", "2030-01-01T01:00:00+01:00"),
    ],
    [leaf("text", "matches", "a+"), {"not": leaf("text", "matches", "a+")}],
]


@pytest.mark.parametrize("parts", NEVER)
def test_contradictions_are_found(parts: list[Written]) -> None:
    finding = only(rule("r", {"all": [leaf("is_reopened", "is", True), *parts]}, queue="q-legal"))
    assert (finding.kind, finding.witness) == (Kind.NEVER, None)
    clashing = {"/when/all/1", "/when/all/2"}
    assert set(finding.pointers) <= clashing
    assert finding.pointers


POSSIBLE = [
    [leaf("text", "prefix", "pay it"), {"not": leaf("text", "contains_any", ["it"])}],
    [leaf("text", "contains_any", ["a b"]), leaf("text", "contains_any", ["b c"])],
    [
        leaf("text", "contains_any", ["a"]),
        leaf("text", "contains_any", ["b"]),
        {"not": leaf("text", "contains_any", ["a b", "b a"])},
    ],
    [leaf("message_count", "gt", 2), leaf("message_count", "lt", 3)],
    [leaf("message_count", "gt", 0.1), leaf("message_count", "lt", 0.10000000000000003)],
    [{"not": leaf("channel", "one_of", ["a", "other-1"])}, leaf("type", "equals", "x")],
    [leaf("text", "matches", r"\bref: \d+"), leaf("text", "contains_any", ["Pay"])],
    [{"not": leaf("text", "prefix", letter)} for letter in "abcdefghijklmnopqrstuvwxyz"],
]


@pytest.mark.parametrize("parts", POSSIBLE)
def test_what_can_match_is_left_alone(parts: list[Written]) -> None:
    assert analysed([rule("r", {"all": parts}, queue="q-legal")]).findings == ()


def test_a_pattern_that_cannot_be_settled_is_unknown() -> None:
    both = [leaf("text", "matches", "^[0-9]{4}$"), leaf("text", "matches", "^[a-z]{4}$")]
    finding = only(rule("r", {"all": both}, queue="q-legal"))
    assert (finding.kind, finding.question) == (Kind.UNKNOWN, Kind.NEVER)


def test_what_always_matches() -> None:
    known_or_not = [leaf("kind", "is_missing"), leaf("kind", "one_of", ["email", "sms"])]
    others = leaf("kind", "one_of", ["web_form", "chat"])
    assert only(rule("r", {"any": [*known_or_not, others]}, queue="q-legal")).kind is Kind.ALWAYS
    assert not analysed([rule("r", {"any": known_or_not}, queue="q-legal")]).findings


def test_shadowed_by_one_and_by_two_together() -> None:
    email, chat = leaf("kind", "equals", "email"), leaf("kind", "equals", "chat")
    either = leaf("kind", "one_of", ["chat", "email"])
    first = rule("a", email, order=1, queue="q-legal")
    second = rule("b", chat, order=2, queue="q-legal")
    third = rule("c", either, order=3, queue="q-billing")
    assert found(analysed([first, third, second]), Kind.SHADOWED) == {"c": ["a", "b"]}
    assert not found(analysed([first, third]), Kind.SHADOWED)
    broader = rule("a2", {"not": leaf("kind", "equals", "sms")}, order=2, queue="q-legal")
    assert found(analysed([first, broader, third]), Kind.SHADOWED) == {"c": ["a2"]}
    assert not found(
        analysed([first, second, third | {"then": {"add_tags": ["x"]}}]), Kind.SHADOWED
    )


def test_a_stop_makes_unreachable_and_says_so() -> None:
    stop = rule("a", leaf("tags", "has_any", ["x", "y"]), order=1, stop=True)
    hidden = rule("b", leaf("tags", "has_all", ["y", "z"]), order=2, queue="q-legal")
    finding = only(stop, hidden)
    assert (finding.kind, [other.id for other in finding.others]) == (Kind.UNREACHABLE, ["a"])
    assert finding.witness is not None
    assert dict(finding.witness) == {"tags": frozenset({"y", "z"})}
    assert finding.sentence == (
        'rule "Rule b" is never asked: where it would match, rule "Rule a" stops the stage'
    )


def test_what_classify_sets_is_reckoned_with() -> None:
    normal = rule("c", ALWAYS, stage="classify", order=9, priority="normal")
    high = rule("b", leaf("is_new", "is", True), stage="classify", order=1, priority="high")
    urgent = rule("u", leaf("priority", "equals", "urgent"), queue="q-legal")
    old = [leaf("priority", "gt", "normal"), {"not": leaf("is_new", "is", True)}]
    analysis = analysed([high, normal, urgent, rule("v", {"all": old}, queue="q-legal")])
    assert sorted(found(analysis, Kind.NEVER)) == ["u", "v"]
    assert not found(analysed([high, urgent]), Kind.NEVER)


def test_what_route_sets_is_reckoned_with() -> None:
    chat = leaf("kind", "equals", "chat")
    legal = rule("a", chat, order=1, queue="q-legal", sla="s-gold")
    stage = "respond"
    second = leaf("level", "equals", 2)
    never = rule("n", {"all": [leaf("queue", "equals", "q-billing"), second]}, stage=stage)
    at_default = {"all": [second, {"not": chat}, leaf("previous_queue", "is_missing")]}
    written = [
        legal,
        never | {"then": {"acknowledge": "m-thanks"}},
        rule("d", at_default, stage=stage, acknowledge="m-thanks"),
        rule("s", leaf("sla", "equals", "s-bronze"), stage=stage, assignee="a-ada"),
        rule("p", {"all": [second, {"not": chat}]}, stage=stage, order=2, assignee="a-bob"),
        rule("t", {"all": [chat, leaf("level", "lt", 2)]}, stage=stage, assignee="a-bob"),
    ]
    analysis = analysed(written)
    confirm(written, analysis)
    assert sorted(found(analysis, Kind.NEVER)) == ["d", "n", "t"]
    assert found(analysis, Kind.CONFLICT) == {"p": ["s"]}


PLANTED: list[tuple[Written, Written]] = [
    ({"sla": "s-gold"}, {"sla": "s-bronze"}),
    ({"skills": ["x"]}, {"skills": ["x"]}),
    ({"preferred_skills": [{"skill": "x"}]}, {"preferred_skills": [{"skill": "x"}]}),
    ({"acknowledge": "m-thanks"}, {"acknowledge": "m-closed"}),
    ({"assignee": "a-ada"}, {"assignee": "a-bob"}),
]


@pytest.mark.parametrize(("first", "second"), PLANTED)
def test_every_outcome_is_shadowed_by_an_earlier_one(first: Written, second: Written) -> None:
    stage = "respond" if first.keys() & {"acknowledge", "assignee"} else "route"
    not_mail = {"not": leaf("kind", "equals", "email")}
    one = rule("a", not_mail, stage=stage, order=1, **first)
    other = rule("b", leaf("kind", "equals", "chat"), stage=stage, order=2, **second)
    assert found(analysed([one, other]), Kind.SHADOWED) == {"b": ["a"]}
    other["then"]["add_tags"] = ["y"]
    kinds = {Kind.CONFLICT: {"b": ["a"]}} if first != second else {}
    assert {kind: found(analysed([one, other]), kind) for kind in kinds} == kinds
    assert not found(analysed([one, other]), Kind.SHADOWED)


def test_how_long_a_skill_is_preferred_may_conflict() -> None:
    first, second = ([{"skill": "x", "relax_after": after}] for after in (60, 90))
    new = leaf("is_new", "is", True)
    one = rule("a", ALWAYS, order=1, preferred_skills=first)
    other = rule("b", new, order=2, preferred_skills=second, skills=["y"])
    [conflict] = [e for e in analysed([one, other]).findings if e.kind is Kind.CONFLICT]
    assert (conflict.fields, conflict.pointers) == (
        ("preferred_skills",),
        ("/then/preferred_skills",),
    )


def test_tags_are_shadowed_across_stages_unless_a_stop_hides_the_first() -> None:
    stop = rule("a", leaf("kind", "equals", "chat"), stage="classify", order=1, stop=True)
    early = rule("b", ALWAYS, stage="classify", order=2, add_tags=["x"])
    late = rule("c", leaf("is_new", "is", True), add_tags=["x"])
    assert found(analysed([early, late]), Kind.SHADOWED) == {"c": ["b"]}
    assert not found(analysed([stop, early, late]), Kind.SHADOWED)


def test_conflicts_and_duplicates() -> None:
    chat, new = leaf("kind", "equals", "chat"), leaf("is_new", "is", True)
    first = rule("a", {"all": [chat, new]}, order=1, queue="q-legal")
    second = rule("b", {"all": [new, chat]}, order=2, priority="low")
    third = rule("c", new, order=3, queue="q-billing", priority="low")
    analysis = analysed([first, second, third])
    assert found(analysis, Kind.DUPLICATE) == {"b": ["a"]}
    [conflict] = [each for each in analysis.findings if each.kind is Kind.CONFLICT]
    assert (conflict.rule.id, conflict.pointers) == ("c", ("/then/queue",))
    assert conflict.sentence.endswith('set another queue: "Rule a" goes first')


def test_conflicts_are_listed_up_to_a_number() -> None:
    rules = [
        rule(f"r{n}", leaf("text", "contains_any", [f"w{n}"]), order=n, priority="low")
        for n in range(6)
    ]
    last = rule("z", ALWAYS, order=9, priority="high")
    analysis = analysed([*rules, last])
    assert Counter(each.kind for each in analysis.findings)[Kind.CONFLICT] == MAX_CONFLICTS
    assert analysis.more_conflicts == ("z",)


@given(rule_sets(small_leaves))
@settings(max_examples=15, deadline=None)
def test_all_and_only_what_no_message_refutes_is_found(written: list[Written]) -> None:
    is_found_by(written, list(small_messages(written)))


@given(rule_sets(sign_leaves, ["clock"]))
@settings(max_examples=15, deadline=None)
def test_all_and_only_what_no_sign_of_a_clock_refutes_is_found(written: list[Written]) -> None:
    is_found_by(written, list(small_signs(written)))


def is_found_by(written: list[Written], messages: list[dict[str, Any]]) -> None:
    """Whether the analysis finds all that the messages show, and nothing else."""
    analysis = analysed(written)
    assert not found(analysis, Kind.UNKNOWN)
    confirm(written, analysis)
    refuse_what_is_refuted(written, analysis, messages[::11])
    trials = [Trial(written, facts) for facts in messages]
    useless = {rule_id for kind in USELESS for rule_id in found(analysis, kind)}
    assert {each["id"] for each in written} - useless == effective(written, trials)
    never = {each["id"] for each in written} - {r for trial in trials for r in trial.holding}
    assert set(found(analysis, Kind.NEVER)) == never
    always = set.intersection(*(trial.holding for trial in trials))
    assert set(found(analysis, Kind.ALWAYS)) == always - useless | (
        always & set(found(analysis, Kind.SHADOWED))
    )
    assert conflicts(analysis) == clashing(written, trials) - {
        pair for pair in clashing(written, trials) if pair[1] in useless
    }


def effective(written: list[Written], trials: list[Trial]) -> set[str]:
    """The rules that win something on some message, or stop others that follow."""
    last = {each["stage"]: each["id"] for each in written}
    winners = set()
    for trial in trials:
        winners |= set(trial.winners.values()) | adding_first(written, trial)
        winners |= seen_by_route(written, trial)
    stopping = {r["id"] for r in written if r["stop"] and last[r["stage"]] != r["id"]}
    return winners | {r for trial in trials for r in trial.matched & stopping}


def seen_by_route(written: list[Written], trial: Trial) -> set[str]:
    """The rule whose priority the rules of route see, if any of them looks."""
    if not any("'priority'" in str(r["when"]) for r in written if r["stage"] == "route"):
        return set()
    setters = [r for r in written if r["stage"] == "classify" and "priority" in r["then"]]
    matching = [r for r in setters if r["id"] in trial.matched]
    return {min(matching, key=lambda r: r["order"])["id"]} if matching else set()


def adding_first(written: list[Written], trial: Trial) -> set[str]:
    """The rules that are the first to add a tag or a skill."""
    first: dict[tuple[str, str], str] = {}
    for each in sorted(written, key=lambda r: (Stage(r["stage"]).rank, r["order"])):
        then = each["then"] if each["id"] in trial.matched else {}
        for name in ("add_tags", "skills", "notify"):
            for value in then.get(name, []):
                first.setdefault((name, value), each["id"])
        for preferred in then.get("preferred_skills", []):
            first.setdefault(("preferred", preferred["skill"]), each["id"])
    return set(first.values())


def clashing(written: list[Written], trials: list[Trial]) -> set[tuple[str, str]]:
    names = ("type", "priority", "queue", "sla", "acknowledge", "assignee", "preferred_skills")
    pairs = {
        (one["id"], other["id"])
        for n, one in enumerate(written)
        for other in written[n + 1 :]
        if one["stage"] == other["stage"]
        and any(one["then"].get(k, v) != v for k, v in other["then"].items() if k in names)
    }
    return {pair for pair in pairs if any(set(pair) <= trial.matched for trial in trials)}


def conflicts(analysis: Analysis) -> set[tuple[str, str]]:
    return {
        (each.others[0].id, each.rule.id)
        for each in analysis.findings
        if each.kind is Kind.CONFLICT
    }


@given(rule_sets(text_leaves), st.lists(st.tuples(TEXTS, TEXTS), min_size=12, max_size=12))
@settings(max_examples=25, deadline=None)
def test_no_text_refutes_what_is_found(
    written: list[Written], texts: list[tuple[str, str]]
) -> None:
    analysis = analysed(written)
    confirm(written, analysis)
    messages: list[dict[str, Any]] = [{}, *({"text": a, "subject": b} for a, b in texts)]
    refuse_what_is_refuted(written, analysis, messages)
    if not any("'matches'" in str(each) for each in written):
        assert not found(analysis, Kind.UNKNOWN)


def confirm(written: list[Written], analysis: Analysis) -> None:
    """Let the engine decide each witness."""
    rules = rule_set(*written)
    for each in analysis.findings:
        if each.kind in (Kind.NEVER, Kind.UNKNOWN):
            assert each.witness is None
            continue
        assert each.witness is not None
        previous: Any = each.witness.get("previous_queue")
        decision = rules.decide(each.witness, fallback_queue=previous)
        shows(each, decision, Trial(written, dict(each.witness)))


def shows(finding: Finding, decision: Decision, trial: Trial) -> None:
    explained = decision.explanation
    matched = {rule["id"] for stage in explained["stages"] for rule in stage["matched"]}
    rule_id, others = finding.rule.id, {other.id for other in finding.others}
    if finding.kind is Kind.ALWAYS:
        assert rule_id in trial.holding
    elif finding.kind is Kind.UNREACHABLE:
        assert rule_id not in matched
        assert any(stage["stopped"] for stage in explained["stages"])
        assert others & trial.holding
    elif finding.kind is Kind.SHADOWED:
        won = [*explained["winners"].values(), explained["queue"], *explained["tags"]]
        won += [*explained.get("skills", ()), *explained.get("preferred_skills", ())]
        assert rule_id in matched
        assert rule_id not in {each.get("rule") for each in won}
        assert others & matched
    else:
        assert {rule_id, *others} <= matched


SEATS = "attribute.seats"


def test_what_is_read_is_known_and_may_be_a_text_beside() -> None:
    absent = {"all": [leaf(SEATS, "is_missing"), leaf(SEATS, "gte", 1)]}
    assert only(rule("r", absent, queue="q-legal")).kind is Kind.NEVER
    between = {"all": [leaf(SEATS, "gt", 5), leaf(SEATS, "lt", 5.5), leaf(SEATS, "equals", 6)]}
    assert only(rule("r", between, queue="q-legal")).kind is Kind.NEVER
    either = {"any": [leaf(SEATS, "equals", "many"), leaf(SEATS, "gte", 5)]}
    written = [
        rule("a", either, order=1, queue="q-legal"),
        rule("b", leaf(SEATS, "equals", "7"), order=2, queue="q-billing"),
    ]
    analysis = analysed(written)
    assert found(analysis, Kind.SHADOWED) | found(analysis, Kind.CONFLICT) == {"b": ["a"]}
    confirm(written, analysis)


RIVALS: tuple[tuple[str, Written, Written], ...] = (
    ("classify", {"type": "claim"}, {"type": "praise"}),
    ("classify", {"language": "it"}, {"language": "de"}),
    ("route", {"queue": "q-legal"}, {"queue": "q-billing"}),
    ("route", {"sla": "s-gold"}, {"sla": "s-bronze"}),
    ("route", {"priority": "high"}, {"priority": "low"}),
    ("respond", {"acknowledge": "m-thanks"}, {"acknowledge": "m-closed"}),
    ("respond", {"assignee": "a-ada"}, {"assignee": "a-bob"}),
)
"""Of every outcome of one value, two that cannot both be."""


def planted_set(seed: int, size: int) -> tuple[list[Written], dict[Kind, dict[str, str]]]:
    """Rules of all stages that do not meet, each for a channel of its own, and planted faults."""
    rng = random.Random(seed)
    written: list[Written] = []
    planted: dict[Kind, dict[str, str]] = {Kind.NEVER: {}, Kind.SHADOWED: {}, Kind.CONFLICT: {}}
    for number in range(size):
        stage, then, otherwise = rng.choice(RIVALS)
        apart = leaf("channel", "equals", f"channel{number}")
        tree = condition(rng, 2)
        broad: Written = {"any": [tree, leaf("subject", "prefix", f"re {number}")]}
        when = {"all": [apart, broad]}
        one = rule(f"n{number}", when, stage=stage, order=2 * number, **then)
        written.append(one)
        kind = rng.choice([*planted, None])
        if kind is None:
            continue
        bad = f"bad{number}"
        planted[kind][bad] = one["id"]
        when, then = {
            Kind.NEVER: (
                {"all": [one["when"], {"not": {"any": [broad, tree]}}]},
                then,
            ),
            Kind.SHADOWED: (
                {
                    "all": [
                        apart,
                        leaf("subject", "prefix", f"re {number} a"),
                        leaf("is_new", "is", True),
                    ]
                },
                otherwise,
            ),
            Kind.CONFLICT: (
                {
                    "any": [
                        leaf("subject", "prefix", f"re {number}"),
                        leaf("channel", "equals", bad),
                    ]
                },
                otherwise,
            ),
        }[kind]
        if kind is Kind.CONFLICT:
            when = {"all": [leaf("channel", "one_of", [f"channel{number}", bad]), when]}
        written.append(rule(bad, when, stage=stage, order=2 * number + 1, **then))
    rng.shuffle(written)
    return written, planted


@pytest.mark.parametrize("seed", range(3))
def test_all_that_is_planted_is_found(seed: int) -> None:
    written, planted = planted_set(seed, 60)
    analysis = analysed(written)
    assert not found(analysis, Kind.UNKNOWN)
    confirm(written, analysis)
    assert set(planted[Kind.NEVER]) <= set(found(analysis, Kind.NEVER))
    assert (
        found(analysis, Kind.SHADOWED).items()
        >= {bad: [one] for bad, one in planted[Kind.SHADOWED].items()}.items()
    )
    assert {(one, bad) for bad, one in planted[Kind.CONFLICT].items()} == conflicts(analysis)


def test_the_same_rules_give_the_same_findings() -> None:
    written, _ = planted_set(7, 30)
    assert analysed(written) == analysed(list(reversed(written)))


def test_out_of_budget_means_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "MAX_LITERALS", 20)
    analysis = analysed([rule("r", {"all": NEVER[4] + NEVER[11]}, queue="q-legal")])
    assert found(analysis, Kind.UNKNOWN) == {"r": []}


def calls(size: int) -> int:
    """How many functions the analysis of so many rules calls, the solver's among them."""
    written, _ = planted_set(5, size)
    rules = [parse_rule(each, existing=EXISTING) for each in written]
    profile = Profile()
    profile.runcall(analyse, rules, QUEUES, "q-general")
    return sum(entry.callcount for entry in profile.getstats())


def test_cost_grows_little_more_than_the_rules() -> None:
    """Six times the rules may not cost 16 times the calls; quadratic would be 36."""
    assert calls(180) < 16 * calls(30)


def test_a_priority_that_route_always_sets_anew_is_shadowed() -> None:
    not_mail = {"not": leaf("kind", "equals", "email")}
    written = [
        rule("early", not_mail, stage="classify", priority="high"),
        rule("late", {"not": leaf("kind", "one_of", ["email"])}, priority="urgent"),
    ]
    analysis = analysed(written)
    assert found(analysis, Kind.SHADOWED).keys() == {"early"}
    confirm(written, analysis)
