"""Short ways to write rules and rule sets."""

from collections.abc import Mapping
from typing import Any

from routing.engine import Decision, RuleSet
from routing.facts import Existing, Facts, Reference
from routing.queues import QueueRef
from routing.rules import parse_rule

QUEUES = {
    "q-general": QueueRef("q-general", "General", 1),
    "q-billing": QueueRef("q-billing", "Billing", 1),
    "q-legal": QueueRef("q-legal", "Legal", 2),
}
EXISTING: Existing = {
    Reference.QUEUE: QUEUES,
    Reference.SLA_POLICY: {"s-gold": "Gold", "s-bronze": "Bronze"},
    Reference.MACRO: {"m-thanks": "Thanks", "m-closed": "Closed"},
    Reference.AGENT: {"a-ada": "Ada", "a-bob": "Bob", "nobody": "Nobody"}
    | {f"agent{n}": f"Agent {n}" for n in range(9)},
}
ALWAYS: dict[str, Any] = {"all": []}


def leaf(field: str, op: str, *value: Any) -> dict[str, Any]:
    condition = {"field": field, "op": op}
    return condition | {"value": value[0]} if value else condition


def rule(
    id_: str, when: Mapping[str, Any], *, stage: str = "route", order: int = 0, **then: Any
) -> dict[str, Any]:
    stop = then.pop("stop", False)
    return {
        "id": id_,
        "name": f"Rule {id_}",
        "order": order,
        "stage": stage,
        "when": when,
        "then": then,
        "stop": stop,
    }


def rule_set(*rules: Mapping[str, Any]) -> RuleSet:
    parsed = [parse_rule(rule, existing=EXISTING) for rule in rules]
    return RuleSet(7, parsed, QUEUES, "q-general")


def decide(
    facts: Mapping[str, Any], *rules: Mapping[str, Any], fallback_queue: str | None = None
) -> Decision:
    return rule_set(*rules).decide(Facts(facts), fallback_queue=fallback_queue)


def matches(when: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return decide(facts, rule("r", when, queue="q-billing")).queue == "q-billing"
