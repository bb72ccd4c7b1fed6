"""Decisions per second by 10 to 10,000 rules: the index beside asking every rule in turn.

Both decide the same messages by the same compiled conditions, explanation included for the index.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.ingest import mixed_rules
from benchmarks.load import WORDS
from benchmarks.results import compared, publish

from routing.engine import RuleSet
from routing.facts import Facts, Reference
from routing.matching import compile_condition
from routing.predicates import View
from routing.queues import QueueRef
from routing.rules import Rule, parse_rule

RUNS = 5
DECISIONS = 300
SIZES = (10, 100, 1_000, 10_000)
QUEUES = {name: QueueRef(name, name, 1) for name in ("a", "b", "c")}
TIMES_NAIVE = 30.0
"""By 10,000 rules, the index is to decide so many times as fast as asking them in turn."""
PART_OF_100 = 0.2
"""10,000 rules may cost five times what 100 cost."""


def messages() -> list[Facts]:
    """Eight of 1 KB, one in four of which some rule matches."""
    subjects = ("About my order", "Hello", "My invoice", "Question")
    return [Facts(_message(n, subject)) for n, subject in enumerate(subjects * 2)]


def _message(number: int, subject: str) -> Mapping[str, Any]:
    return {
        "kind": "web_form",
        "sender": f"customer{number}@example.com",
        "subject": subject,
        "text": f"{number} {WORDS * 12}",
        "is_new": True,
        "message_count": 1,
        "tags": frozenset(),
        "attribute.tier": "gold",
    }


def rule_set(number: int) -> tuple[list[Rule], RuleSet]:
    rules = [
        parse_rule(rule, existing={Reference.QUEUE: QUEUES})
        for rule in mixed_rules(list(QUEUES), number)
    ]
    return rules, RuleSet(1, rules, QUEUES, "a")


def in_turn(rules: list[Rule]) -> Callable[[Facts], object]:
    """Ask every rule: cheap tests of each first, as they are compiled."""
    compiled = [compile_condition(rule.when).holds for rule in rules]

    def decide(facts: Facts) -> object:
        view = View(facts.known)
        return [holds(view) for holds in compiled]

    return decide


def rate(decide: Callable[[Facts], object], asked: list[Facts], number: int) -> float:
    """Decisions in a second of processor time."""
    began = time.process_time()
    for n in range(number):
        decide(asked[n % len(asked)])
    return number / (time.process_time() - began)


def main() -> None:
    asked = messages()
    sets = {size: rule_set(size) for size in SIZES}
    indexed: dict[int, list[float]] = {size: [] for size in SIZES}
    naive: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(RUNS):
        for size, (rules, compiled) in sets.items():
            indexed[size].append(rate(compiled.decide, asked, DECISIONS))
            naive[size].append(rate(in_turn(rules), asked, max(len(asked), DECISIONS // size)))
    largest = SIZES[-1]
    publish(
        "rules",
        [
            *(
                compared(
                    f"decisions by {size:,} rules / in turn", "1/s", indexed[size], naive[size]
                )
                for size in SIZES[:-1]
            ),
            compared(
                f"decisions by {largest:,} rules / in turn",
                "1/s",
                indexed[largest],
                naive[largest],
                target=TIMES_NAIVE,
            ),
            compared(
                f"decisions by {largest:,} rules / by 100",
                "1/s",
                indexed[largest],
                indexed[100],
                target=PART_OF_100,
            ),
        ],
    )


if __name__ == "__main__":
    main()
