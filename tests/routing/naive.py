"""An oracle: rules evaluated as plainly as their definition reads, on their JSON form.

Shares no code with the engine but the field types; words are found character by character.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from unicodedata import category, normalize

from routing.facts import FieldType, field_named
from routing.priority import Priority

RANKS = ["low", "normal", "high", "urgent"]


def kleene(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool | None:
    """True, False, or None for unknown."""
    if "all" in condition:
        values = [kleene(part, facts) for part in condition["all"]]
        return False if False in values else None if None in values else True
    if "any" in condition:
        values = [kleene(part, facts) for part in condition["any"]]
        return True if True in values else None if None in values else False
    if "not" in condition:
        value = kleene(condition["not"], facts)
        return None if value is None else not value
    return leaf(condition, facts)


def leaf(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool | None:
    seen, op = facts.get(condition["field"]), condition["op"]
    if op == "is_missing":
        return seen is None
    if seen is None:
        return None
    field = field_named(condition["field"])
    assert field is not None
    if field.is_attribute and is_read(op, condition["value"]):
        return read(op, seen, condition["value"])
    if op == "contains_any":
        return any(contains(words(seen), words(wanted)) for wanted in condition["value"])
    if op == "matches":
        return re.search(condition["value"], seen) is not None
    return tested(op, seen, condition["value"], field.type)


def tested(op: str, seen: Any, wanted: Any, type_: FieldType) -> bool:
    if op in ("has_any", "has_all"):
        return (any if op == "has_any" else all)(tag in seen for tag in wanted)
    plain = plainly(type_)
    if op == "one_of":
        return plain(seen) in [plain(value) for value in wanted]
    return compare(op, plain(seen), plain(wanted))


def is_read(op: str, wanted: Any) -> bool:
    """Whether an attribute is compared with what is no text."""
    return op in ("lt", "lte", "gt", "gte", "is") or (
        op == "equals" and not isinstance(wanted, str)
    )


def read(op: str, seen: str, wanted: Any) -> bool | None:
    """Compare the text of an attribute with what is no text."""
    if isinstance(wanted, bool):
        return compare(op, seen == "true", wanted) if seen in ("true", "false") else None
    try:
        if isinstance(wanted, str):
            return compare(op, date.fromisoformat(seen), date.fromisoformat(wanted))
        return compare(op, float(seen), wanted)
    except ValueError:
        return None


def plainly(type_: FieldType) -> Callable[[Any], Any]:
    if type_ is FieldType.TEXT:
        return folded
    if type_ is FieldType.PRIORITY:
        return lambda value: RANKS.index(str(value))
    if type_ is FieldType.DATETIME:
        return lambda value: datetime.fromisoformat(str(value))
    return lambda value: value


def compare(op: str, seen: Any, wanted: Any) -> bool:
    if op == "prefix":
        return bool(seen[: len(wanted)] == wanted)
    order = {"lt": seen < wanted, "gt": seen > wanted} if op not in ("equals", "is") else {}
    order |= {"equals": seen == wanted, "is": seen == wanted}
    order |= {"lte": not order.get("gt"), "gte": not order.get("lt")}
    return bool(order[op])


def folded(text: str) -> str:
    return normalize("NFKC", normalize("NFKC", text).casefold())


def words(text: str) -> list[str]:
    """Letters, digits, marks and underscores make words; a Han character is one by itself."""
    found, current = [], ""
    for character in folded(text) + " ":
        han = "\u4e00" <= character <= "\u9fff"
        if (category(character)[0] in "LNM" or character == "_") and not han:
            current += character
            continue
        found += [word for word in (current, character if han else "") if word]
        current = ""
    return found


def contains(text: list[str], phrase: list[str]) -> bool:
    return any(text[i : i + len(phrase)] == phrase for i in range(len(text)))


def ask(
    rules: list[dict[str, Any]], facts: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[str]]:
    """One stage: the rules that matched, and the ids of those that a single leaf kept from it."""
    matched: list[dict[str, Any]] = []
    near: list[str] = []
    for rule in sorted(rules, key=lambda rule: (rule["order"], rule["id"])):
        if kleene(rule["when"], facts) is True:
            matched.append(rule)
            if rule["stop"]:
                break
        elif distance(rule["when"], facts) == 1:
            near.append(rule["id"])
    return matched, near


def apply(
    matched: list[dict[str, Any]], known: dict[str, Any], winners: dict[str, str]
) -> dict[str, Any]:
    """Return what is known after a stage; `winners` learns which rule set what."""
    after = dict(known)
    for rule in reversed(matched):  # so that the first has the last word
        then = {name: value for name, value in rule["then"].items() if name not in ADDING}
        after |= then
        winners |= dict.fromkeys(then, rule["id"])
        preferred = {each["skill"]: each for each in rule["then"].get("preferred_skills", [])}
        after["preferred_skills"] = after.get("preferred_skills", {}) | {
            skill: each.get("relax_after") for skill, each in preferred.items()
        }
    for adding, name in (("add_tags", "tags"), ("skills", "skills"), ("notify", "notify")):
        added = {each for rule in matched for each in rule["then"].get(adding, [])}
        if added:
            after[name] = known.get(name, frozenset()) | added
    return {"priority": "normal"} | after


ADDING = ("add_tags", "skills", "preferred_skills", "notify")


def in_queue(
    known: Mapping[str, Any], levels: Mapping[str, int], default: str, previous: str | None
) -> dict[str, Any]:
    """What is known once stage route is over."""
    chosen = known.get("queue") or previous
    queue = str(chosen) if chosen in levels else default
    return {**known, "queue": queue, "level": levels[queue]}


def decide(
    rules: list[dict[str, Any]],
    facts: Mapping[str, Any],
    levels: Mapping[str, int],
    default: str,
    previous: str | None,
) -> dict[str, Any]:
    """Outputs, the ids of rules that matched or nearly did, and the winner of each output."""
    known = dict(facts)
    winners: dict[str, str] = {}
    told: list[str] = []
    missed: dict[str, list[str]] = {}
    for stage in ("classify", "route", "respond"):
        own = [rule for rule in rules if rule["stage"] == stage]
        matched, near = ask(own, known)
        missed |= {stage: near} if own else {}
        told += [rule["id"] for rule in matched]
        known = apply(matched, known, winners)
        if stage == "route":
            known = in_queue(known, levels, default, previous)
    names = ("queue", "level", "type", "language", "sla", "acknowledge", "assignee")
    return {
        **{name: known.get(name) for name in names},
        "priority": Priority(known["priority"]),
        "tags": tuple(sorted(known.get("tags", ()))),
        "skills": tuple(sorted(known.get("skills", ()))),
        "preferred_skills": known.get("preferred_skills", {}),
        "matched": told,
        "winners": winners,
        "near": missed,
    }


def distance(condition: Mapping[str, Any], facts: Mapping[str, Any], *, wanted: bool = True) -> int:
    """The least number of leaves that would have to come out otherwise for the wanted result."""
    if "not" in condition:
        return distance(condition["not"], facts, wanted=not wanted)
    for key, needs_each in (("all", wanted), ("any", not wanted)):
        if key in condition:
            parts = [distance(part, facts, wanted=wanted) for part in condition[key]]
            return sum(parts) if needs_each else min(parts)
    return 0 if leaf(condition, facts) is wanted else 1
