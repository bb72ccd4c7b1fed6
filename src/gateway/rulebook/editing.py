"""Changes of a list of rules, one rule at a time or all at once; what is wrong is never taken."""

import re
from collections.abc import Sequence
from typing import Any

from gateway import rule_sets
from gateway.ids import new_id
from gateway.problems import conflict, not_found
from gateway.rule_sets import RuleDocument
from routing.facts import Existing
from routing.problems import InvalidRule, Problem
from routing.rules import parse_rule

ORDER_STEP = 10
LAST_ORDER = 2**31 - 1

RESERVED = frozenset(
    {"analysis", "backtest", "diff", "draft", "fields", "history", "roll-back", "shadow", "test"}
    | {"versions"}
)
"""Words that stand where ids do in `/v1/rules/{id}`."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Rules = list[RuleDocument]


def whole(bodies: Sequence[Any], existing: Existing) -> Rules:
    """Other rules in place of all.

    Raises:
        InvalidRule: pointers begin with the rule's index.
    """
    completed = _completed(bodies)
    documents = [rule.to_json() for rule in rule_sets.parse_all(completed, existing)]
    _check_ids(documents, "/{index}/id")
    return _in_order(documents)


def added(rules: Rules, body: RuleDocument, existing: Existing) -> tuple[Rules, RuleDocument]:
    """The rules with a further one, and that one: last in order unless it says otherwise."""
    [completed] = _completed([body], after=rules)
    rule = _read(completed, existing)
    if _position(rules, rule["id"]) is not None:
        raise conflict(f"there is a rule {rule['id']!r}: change it by PUT")
    return _in_order([*rules, rule]), rule


def changed(
    rules: Rules, rule_id: str, body: RuleDocument, existing: Existing
) -> tuple[Rules, RuleDocument]:
    """The rules with another one in the place of `rule_id`; it keeps its order unless told."""
    at = _found(rules, rule_id)
    rule = _read({"order": rules[at]["order"], **body, "id": rule_id}, existing)
    return _in_order([*rules[:at], rule, *rules[at + 1 :]]), rule


def removed(rules: Rules, rule_id: str) -> Rules:
    at = _found(rules, rule_id)
    return [*rules[:at], *rules[at + 1 :]]


def found(rules: Rules, rule_id: str) -> RuleDocument:
    return rules[_found(rules, rule_id)]


def _read(body: RuleDocument, existing: Existing) -> RuleDocument:
    rule = parse_rule(body, existing=existing).to_json()
    _check_ids([rule], "/id")
    return rule


def _in_order(documents: Rules) -> Rules:
    if len(documents) > rule_sets.MAX_RULES:
        raise conflict(f"there are {rule_sets.MAX_RULES} rules already: remove some first")
    return sorted(documents, key=lambda rule: (rule["order"], rule["id"]))


def _check_ids(rules: Sequence[RuleDocument], pointer: str) -> None:
    problems = [
        Problem(pointer.format(index=index), mistake)
        for index, rule in enumerate(rules)
        if (mistake := _mistake(rule["id"]))
    ]
    if problems:
        raise InvalidRule(problems)


def _mistake(rule_id: str) -> str | None:
    if rule_id in RESERVED:
        return f"{rule_id!r} is a word of the API: choose another id"
    if not _ID.fullmatch(rule_id):
        return "must be 1 to 100 of A-Z a-z 0-9 . _ - and begin with a letter or digit"
    return None


def _completed(bodies: Sequence[Any], after: Sequence[RuleDocument] = ()) -> list[Any]:
    """The rules with an id and an order each, where these were left out."""
    order = max((rule["order"] for rule in after), default=0)
    completed = []
    for body in bodies:
        order = min(order + ORDER_STEP, LAST_ORDER)
        known = {"id": str(new_id()), "order": order}
        completed.append({**known, **body} if isinstance(body, dict) else body)
    return completed


def _position(rules: Sequence[RuleDocument], rule_id: str) -> int | None:
    return next((at for at, rule in enumerate(rules) if rule["id"] == rule_id), None)


def _found(rules: Sequence[RuleDocument], rule_id: str) -> int:
    at = _position(rules, rule_id)
    if at is None:
        raise not_found("rule")
    return at
