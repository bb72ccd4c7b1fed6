"""Why a decision came out as it did, as plain JSON, and in sentences.

An explanation quotes rules, and facts only where they cannot be personal: of a text it tells the
length. It belongs to one rule set version and is read-only, since it shares parts with that.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NotRequired, TypedDict

from routing.operators import Op

MAX_SHOWN: Final = 5
"""At most so many hidden rules, conditions of a rule and values of a condition are quoted."""


class RuleName(TypedDict):
    """A rule, as it was called then."""

    id: str
    name: str


class ConditionShown(TypedDict):
    """A condition. `value` holds the first of a list, `more` counts the rest.

    In a condition that held, the value of `contains_any` is the keyword that was found.
    """

    field: str
    op: str
    value: NotRequired[Any]
    more: NotRequired[int]
    negated: NotRequired[Literal[True]]


class Matched(RuleName):
    """A rule that matched, and the conditions that made it match, `more` of which are left out."""

    because: list[ConditionShown]
    more: NotRequired[int]


class NearMiss(RuleName):
    """A rule that a single condition kept from matching.

    `seen` is what the field held: null where unknown, `{"length": 23}` for a text of 23
    characters, an instant in ISO 8601, a set sorted.
    """

    lacking: ConditionShown
    seen: Any


class Stopped(TypedDict):
    """The rule that ended its stage, how many later rules were not asked, and the first of them."""

    by: RuleName
    hidden: int
    first: list[RuleName]


class StageExplained(TypedDict):
    """One stage: rules that matched, in their order; what hid others; the first near misses."""

    stage: str
    matched: list[Matched]
    stopped: Stopped | None
    near_misses: list[NearMiss]


Reason = Literal["rule", "facts", "previous_queue", "default"]


class Winner(TypedDict):
    """Where an output's value came from; `rule` is the id of a matched one, if `by` is `rule`."""

    value: str
    by: Reason
    rule: NotRequired[str]


class QueueWinner(Winner):
    """The queue, with its name and level at that time."""

    name: str
    level: int


class PreferredWinner(Winner):
    """A preferred skill, and for how many seconds it is insisted on (null: it is not)."""

    relax_after: float | None


class Explanation(TypedDict):
    """All of it; a stage without rules is left out.

    `winners` has `priority`, and the other outcomes of one value where known: `type`, `language`,
    `sla`, `acknowledge`, `assignee`. `tags` are those added; skills are there where some are asked
    for, `notify` where somebody is to be told.
    """

    rule_set_version: int
    stages: list[StageExplained]
    queue: QueueWinner
    winners: dict[str, Winner]
    tags: list[Winner]
    skills: NotRequired[list[Winner]]
    preferred_skills: NotRequired[list[PreferredWinner]]
    notify: NotRequired[list[Winner]]


def sentences(explanation: Explanation) -> list[str]:
    """Tell it to people, a line for each thing that was decided or came close."""
    rules = {rule["id"]: rule for stage in explanation["stages"] for rule in stage["matched"]}
    queue = explanation["queue"]
    lines = [f"queue {queue['name']} (level {queue['level']}) {_cause(queue, rules)}"]
    for name, winner in explanation["winners"].items():
        lines.append(f"{name} {winner['value']} {_cause(winner, rules)}")
    lines += [f"tag {tag['value']} {_cause(tag, rules)}" for tag in explanation["tags"]]
    for skill in explanation.get("skills", ()):
        lines.append(f"required skill {skill['value']} {_cause(skill, rules)}")
    for each in explanation.get("preferred_skills", ()):
        lines.append(f"preferred skill {_relaxing(each)} {_cause(each, rules)}")
    for notice in explanation.get("notify", ()):
        lines.append(f"notice {notice['value']} {_cause(notice, rules)}")
    for stage in explanation["stages"]:
        lines += _about_stage(stage)
    return lines


def _relaxing(skill: PreferredWinner) -> str:
    if skill["relax_after"] is None:
        return skill["value"]
    return f"{skill['value']} (insisted on for {skill['relax_after']:g} s)"


_CAUSES: Final[Mapping[Reason, str]] = {
    "facts": "as the conversation had it before, since no rule set it",
    "previous_queue": "because the conversation was there before and no rule chose a queue",
    "default": "by default, since no rule set it",
}


def _cause(winner: Winner, rules: Mapping[str, Matched]) -> str:
    if winner["by"] != "rule":
        return _CAUSES[winner["by"]]
    rule = rules[winner["rule"]]
    told = [phrase(condition) for condition in rule["because"]]
    if more := rule.get("more"):
        told.append(f"{more} more conditions")
    why = " and ".join(told) or "it matches every message"
    return f'because rule "{rule["name"]}" matched: {why}'


def _about_stage(stage: StageExplained) -> Iterator[str]:
    if stopped := stage["stopped"]:
        names = ", ".join(f'"{rule["name"]}"' for rule in stopped["first"])
        more = stopped["hidden"] - len(stopped["first"])
        rest = f" and {more} more" if more else ""
        by = stopped["by"]["name"]
        yield f'rule "{by}" stopped stage {stage["stage"]}; not asked: {names}{rest}'
    for miss in stage["near_misses"]:
        yield f'rule "{miss["name"]}" lacked only: {phrase(miss["lacking"])} ({_seen(miss)})'


def _seen(miss: NearMiss) -> str:
    seen = miss["seen"]
    if seen is None:
        return "it is unknown"
    if isinstance(seen, dict):
        return f"it has {seen['length']} characters"
    return f"it is {_quoted(seen)}"


_VERBS: Final[Mapping[str, str]] = {
    Op.EQUALS: "equals",
    Op.ONE_OF: "is one of",
    Op.PREFIX: "begins with",
    Op.CONTAINS_ANY: "contains",
    Op.MATCHES: "matches",
    Op.HAS_ANY: "have one of",
    Op.HAS_ALL: "have all of",
    Op.LT: "is less than",
    Op.LTE: "is at most",
    Op.GT: "is more than",
    Op.GTE: "is at least",
    Op.IS: "is",
    Op.IS_MISSING: "is unknown",
}


def phrase(condition: ConditionShown) -> str:
    """Put a condition in words: `subject contains "invoice"`."""
    words = [condition["field"], _VERBS[condition["op"]]]
    if "value" in condition:
        words.append(_quoted(condition["value"]))
    if more := condition.get("more"):
        words.append(f"or {more} more")
    told = " ".join(words)
    return f"not ({told})" if "negated" in condition else told


def _quoted(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_quoted(item) for item in value) or "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
