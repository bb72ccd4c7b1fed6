"""Findings in sentences."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from routing.analysis.findings import Kind, quoted
from routing.conditions import Condition, Leaf, Not
from routing.explanation import phrase
from routing.matching import shown
from routing.queues import QueueRef
from routing.rules import Rule


def never(rule: Rule, clashing: Sequence[Condition]) -> str:
    if not clashing:
        return f'rule "{rule.name}" never matches, whatever stage classify makes of a message'
    told = [_told(part) for part in clashing]
    if len(told) < 2 or not all(told):
        return f'rule "{rule.name}" never matches: its condition contradicts itself'
    return f'rule "{rule.name}" never matches: {" and ".join(told)} cannot hold together'


def _told(condition: Condition) -> str:
    match condition:
        case Leaf():
            return phrase(shown(condition, negated=False))
        case Not(Leaf() as leaf):
            return phrase(shown(leaf, negated=True))
        case _:
            return ""


def unreachable(rule: Rule, by: Sequence[Rule]) -> str:
    verb = "stops" if len(by) == 1 else "stop"
    return f'rule "{rule.name}" is never asked: where it would match, {quoted(by)} {verb} the stage'


def shadowed(rule: Rule, by: Sequence[Rule]) -> str:
    verb = "has" if len(by) == 1 else "have"
    return (
        f'rule "{rule.name}" never has an effect: where it matches, {quoted(by)} {verb} set '
        "all of it before"
    )


def always(rule: Rule) -> str:
    return f'rule "{rule.name}" matches every message'


def duplicate(rule: Rule, former: Rule) -> str:
    return f'rule "{rule.name}" has the condition of rule "{former.name}": they could be one'


def conflict(rule: Rule, other: Rule, fields: Sequence[str]) -> str:
    return (
        f'rules "{other.name}" and "{rule.name}" can match the same message and set another '
        f'{" and ".join(fields)}: "{other.name}" goes first'
    )


def unlisted(rule: Rule, name: str, values: Sequence[str], options: Collection[str]) -> str:
    told = " and ".join(f'"{value}"' for value in values)
    return f'rule "{rule.name}" compares {name} with {told}; it can be: {", ".join(options)}'


def unserved(rule: Rule, queue: QueueRef) -> str:
    return f'rule "{rule.name}" sends to queue "{queue.name}", which nobody serves'


def unskilled(rule: Rule, skills: Sequence[str]) -> str:
    told = " and ".join(f'"{skill}"' for skill in skills)
    where = "nobody who serves its queue" if rule.then.queue else "nobody who serves a queue"
    return f'rule "{rule.name}" asks for {told}, which {where} has'


_QUESTIONS: Final[Mapping[Kind, str]] = {
    Kind.NEVER: "can ever match",
    Kind.ALWAYS: "matches every message",
    Kind.SHADOWED: "ever has an effect",
    Kind.CONFLICT: "conflicts with",
}


def unknown(rule: Rule, question: Kind, reason: str, others: Sequence[Rule]) -> str:
    asked = _QUESTIONS[question]
    if question is Kind.CONFLICT:
        asked = f"{asked} {quoted(others)}" if others else f"{asked} other rules"
    return f'whether rule "{rule.name}" {asked} could not be settled: {reason}'
