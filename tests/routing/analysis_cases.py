"""Rule sets for the analysis: small ones whose every message can be tried, and planted faults."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from hypothesis import strategies as st
from tests.routing import naive
from tests.routing.building import EXISTING, QUEUES, leaf, rule

from routing.analysis import Analysis, Kind, analyse
from routing.facts import Stage
from routing.priority import Priority
from routing.rules import parse_rule

Written = dict[str, Any]
LEVELS = {id_: queue.level for id_, queue in QUEUES.items()}


def analysed(written: list[Written]) -> Analysis:
    rules = [parse_rule(each, existing=EXISTING) for each in written]
    return analyse(rules, QUEUES, "q-general")


def found(analysis: Analysis, kind: Kind) -> dict[str, list[str]]:
    """By rule the others that a finding names."""
    return {
        each.rule.id: [other.id for other in each.others]
        for each in analysis.findings
        if each.kind is kind
    }


SMALL: Mapping[str, tuple[Any, ...]] = {
    "kind": (None, "email", "sms"),
    "is_new": (None, True, False),
    "tags": (None, frozenset(), frozenset("a")),
    "message_count": (None, 0, 1, 2),
    "type": (None, "x", "y"),
    "priority": (None, Priority.HIGH),
    "previous_queue": (None, "q-legal"),
    "sla": (None, "s-gold", "s-bronze"),
    "attribute.seats": (None, "0", "1", "2", "few"),
}
"""Of each field a value for everything that the small rules can tell apart."""


def small_messages(written: list[Written]) -> Iterator[dict[str, Any]]:
    """Every message that the rules can tell apart."""
    told = str([each["when"] for each in written])
    asked = [name for name in SMALL if f"'{TESTED_AS.get(name, name)}'" in told]
    if "'level'" in told and "previous_queue" not in asked:
        asked.append("previous_queue")
    for values in product(*(SMALL[name] for name in asked)):
        pairs = zip(asked, values, strict=True)
        yield {name: value for name, value in pairs if value is not None}


def small_signs(_written: list[Written]) -> Iterator[dict[str, Any]]:
    """Every sign of a clock that small rules can tell apart."""
    values: Mapping[str, tuple[Any, ...]] = {
        "sign": ("warning", "breached"),
        "metric": (None, "resolution", "first_response"),
        "priority": (None, Priority.HIGH, Priority.URGENT),
        "queue": ("q-general", "q-legal"),
        "tags": (None, frozenset(), frozenset("a")),
    }
    for each in product(*values.values()):
        yield {name: value for name, value in zip(values, each, strict=True) if value is not None}


def sign_leaves(_stage: str) -> st.SearchStrategy[Written]:
    ordered = st.sampled_from(["equals", "lt", "lte", "gt", "gte"])
    at_least = st.sampled_from(["equals", "gte", "lt"])
    return st.one_of(
        st.builds(leaf, st.just("sign"), st.just("equals"), st.just("breached")),
        st.builds(leaf, st.just("metric"), st.just("equals"), st.just("resolution")),
        st.builds(leaf, st.sampled_from(["sign", "metric", "tags"]), st.just("is_missing")),
        st.builds(leaf, st.just("tags"), st.just("has_any"), st.just(["a"])),
        st.builds(leaf, st.just("priority"), at_least, st.just("high")),
        st.builds(leaf, st.just("queue"), st.just("equals"), st.just("q-legal")),
        st.builds(leaf, st.just("level"), ordered, st.just(1)),
    )


TESTED_AS = {"previous_queue": "queue"}


def small_leaves(stage: str) -> st.SearchStrategy[Written]:
    kinds = st.sampled_from(["email"])
    tags = st.just(["a"])
    ordered = st.sampled_from(["equals", "lt", "lte", "gt", "gte"])
    names = ["kind", "is_new", "tags", "message_count", "attribute.seats"]
    options = [
        st.builds(leaf, st.just("kind"), st.just("equals"), kinds),
        st.builds(leaf, st.just("kind"), st.just("one_of"), st.lists(kinds, min_size=1)),
        st.builds(leaf, st.just("is_new"), st.just("is"), st.booleans()),
        st.builds(leaf, st.just("tags"), st.sampled_from(["has_any", "has_all"]), tags),
        st.builds(leaf, st.just("message_count"), ordered, st.just(1)),
        st.builds(leaf, st.just("attribute.seats"), ordered, st.just(1)),
        st.builds(leaf, st.sampled_from(names), st.just("is_missing")),
    ]
    if stage == "respond":
        queue = st.just("q-legal")
        options.append(st.builds(leaf, st.just("queue"), st.just("equals"), queue))
        options.append(st.builds(leaf, st.just("level"), ordered, st.just(1)))
        options.append(st.builds(leaf, st.just("sla"), st.just("equals"), st.just("s-gold")))
        options.append(st.builds(leaf, st.just("sla"), st.just("is_missing")))
    if stage != "classify":
        options.append(st.builds(leaf, st.just("type"), st.just("equals"), st.just("x")))
        at_least = st.sampled_from(["equals", "gte", "lt"])
        options.append(st.builds(leaf, st.just("priority"), at_least, st.just("high")))
    return st.one_of(options)


TEXTS = st.lists(
    st.sampled_from(["pay", "Pay", "now", "paying", "già", "票", "-", "x", "straße"]), max_size=5
).map(" ".join) | st.text(st.sampled_from("pay nowx票.-"), max_size=9)
KEYWORDS = st.lists(
    st.sampled_from(["pay", "pay now", "now", "now pay", "già", "票", "now-pay", "strasse"]),
    min_size=1,
    max_size=2,
)


def text_leaves(_stage: str) -> st.SearchStrategy[Written]:
    fields = st.sampled_from(["text", "text", "subject"])
    return st.one_of(
        st.builds(leaf, fields, st.just("contains_any"), KEYWORDS),
        st.builds(leaf, fields, st.just("prefix"), TEXTS.filter(bool)),
        st.builds(leaf, fields, st.just("equals"), TEXTS),
        st.builds(leaf, fields, st.just("one_of"), st.lists(TEXTS, min_size=1, max_size=2)),
        st.builds(leaf, fields, st.just("matches"), st.sampled_from(["pay", "^n.*w$", "[0-9]"])),
        st.builds(leaf, fields, st.just("is_missing")),
    )


def trees(leaves: st.SearchStrategy[Written], depth: int = 4) -> st.SearchStrategy[Written]:
    """Trees of at most `depth` levels of groups."""
    if depth == 0:
        return leaves
    parts = leaves | trees(leaves, depth - 1)
    several = st.lists(parts, min_size=1, max_size=2)
    return leaves | st.one_of(
        several.map(lambda each: {"all": each}),
        several.map(lambda each: {"any": each}),
        parts.map(lambda part: {"not": part}),
    )


OUTCOMES: Mapping[str, st.SearchStrategy[Written]] = {
    "classify": st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from("xy"),
            "priority": st.sampled_from(["normal", "high"]),
            "add_tags": st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True),
        },
    ).filter(bool),
    "route": st.fixed_dictionaries(
        {},
        optional={
            "queue": st.sampled_from(sorted(QUEUES)),
            "priority": st.sampled_from(["low", "urgent"]),
            "add_tags": st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True),
            "skills": st.lists(st.sampled_from("st"), min_size=1, max_size=2, unique=True),
            "preferred_skills": st.sampled_from(
                [[{"skill": "s"}], [{"skill": "s", "relax_after": 60}]]
            ),
            "sla": st.sampled_from(["s-gold", "s-bronze"]),
        },
    ).filter(bool),
    "respond": st.fixed_dictionaries(
        {},
        optional={
            "acknowledge": st.sampled_from(["m-thanks", "m-closed"]),
            "assignee": st.sampled_from(["a-ada", "a-bob"]),
            "add_tags": st.lists(st.sampled_from("ac"), min_size=1, max_size=2, unique=True),
        },
    ).filter(bool),
    "clock": st.fixed_dictionaries(
        {},
        optional={
            "queue": st.sampled_from(sorted(QUEUES)),
            "priority": st.sampled_from(["high", "urgent"]),
            "add_tags": st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True),
            "notify": st.lists(st.sampled_from("no"), min_size=1, max_size=2, unique=True),
        },
    ).filter(bool),
}


@st.composite
def rule_sets(
    draw: st.DrawFn, leaves: Any, stages: Sequence[str] = ("classify", "route", "route", "respond")
) -> list[Written]:
    written = []
    for number in range(draw(st.integers(1, 5))):
        stage = draw(st.sampled_from(stages))
        then = draw(OUTCOMES[stage]) | {"stop": draw(st.sampled_from([False, False, True]))}
        when = draw(trees(leaves(stage)))
        written.append(rule(f"r{number}", when, stage=stage, order=number, **then))
    return written


class Trial:
    """A message decided as the rules' definition reads, without the engine."""

    def __init__(self, written: list[Written], facts: Mapping[str, Any]) -> None:
        self.holding: set[str] = set()
        self.matched: set[str] = set()
        self.winners: dict[str, str] = {}
        self.known = dict(facts)
        if "sign" in facts:
            self.known = naive.in_queue(
                {"priority": "normal"} | self.known, LEVELS, "q-general", None
            )
        for stage in [Stage.CLOCK] if "sign" in facts else list(Stage)[:3]:
            matched = self._ask([each for each in written if each["stage"] == stage])
            self.matched |= {each["id"] for each in matched}
            self.known = naive.apply(matched, self.known, self.winners)
            if stage is Stage.ROUTE:
                previous = facts.get("previous_queue")
                self.known = naive.in_queue(self.known, LEVELS, "q-general", previous)

    def _ask(self, rules: list[Written]) -> list[Written]:
        matched, stopped = [], False
        for each in sorted(rules, key=lambda rule: (rule["order"], rule["id"])):
            if naive.kleene(each["when"], self.known) is True:
                self.holding.add(each["id"])
                matched += [] if stopped else [each]
                stopped = stopped or each["stop"]
        return matched


def refuse_what_is_refuted(
    written: list[Written], analysis: Analysis, messages: list[dict[str, Any]]
) -> None:
    """Fail on a claim that one of the messages shows to be wrong."""
    trials = [Trial(written, facts) for facts in messages]
    for each in analysis.findings:
        rule_id, others = each.rule.id, {other.id for other in each.others}
        if each.kind is Kind.NEVER:
            assert not any(rule_id in trial.holding for trial in trials)
        elif each.kind is Kind.ALWAYS:
            assert all(rule_id in trial.holding for trial in trials)
        elif each.kind is Kind.UNREACHABLE:
            assert not any(rule_id in trial.matched for trial in trials)
            assert all(others & t.holding for t in trials if rule_id in t.holding)
        elif each.kind is Kind.SHADOWED:
            rest = [other for other in written if other["id"] != rule_id]
            for trial, facts in zip(trials, messages, strict=True):
                assert trial.known == Trial(rest, facts).known
                assert rule_id not in trial.matched or others & trial.matched
        elif each.kind is Kind.DUPLICATE:
            assert all((rule_id in t.holding) == (others <= t.holding) for t in trials)


def condition(rng: random.Random, depth: int) -> Written:
    """A tree over fields of every type in the claimed class."""
    if depth == 0 or rng.random() < 0.3:
        return any_leaf(rng)
    parts = [condition(rng, depth - 1) for _ in range(rng.randint(1, 3))]
    return rng.choice([{"all": parts}, {"any": parts}, {"not": parts[0]}])


def any_leaf(rng: random.Random) -> Written:
    word, other = (f"w{rng.randrange(40)}" for _ in range(2))
    return rng.choice(
        [
            leaf("kind", "equals", rng.choice(["email", "sms", "chat"])),
            leaf("previous_agent", "one_of", [f"agent{rng.randrange(9)}", "nobody"]),
            leaf("tags", rng.choice(["has_any", "has_all"]), [f"t{rng.randrange(9)}", "vip"]),
            leaf("message_count", rng.choice(["gt", "lte", "equals"]), rng.randrange(9)),
            leaf("waiting", rng.choice(["lt", "gte"]), 60 * rng.randrange(9)),
            leaf("is_new", "is", rng.random() < 0.5),
            leaf("attribute.seats", rng.choice(["gt", "lte"]), rng.randrange(9)),
            leaf("attribute.since", rng.choice(["lt", "gte"]), f"2030-01-{rng.randrange(10, 31)}"),
            leaf("attribute.paid", "is", rng.random() < 0.5),
            leaf("history.is_first", "is", rng.random() < 0.5),
            leaf("history.conversations_30d", rng.choice(["gt", "lte"]), rng.randrange(9)),
            leaf("history.last_queue", "equals", rng.choice(["q-legal", "q-billing"])),
            leaf("subject", "equals", f"{word} {other}"),
            leaf("subject", "prefix", word),
            leaf("text", "contains_any", [word, f"{word} {other}"]),
        ]
    )
