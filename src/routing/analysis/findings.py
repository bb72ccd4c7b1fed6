"""What the analysis found, each with a message that shows it, and in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from routing.facts import Facts
from routing.rules import Rule


class Kind(StrEnum):
    """What can be wrong with a rule."""

    NEVER = "never_matches"
    ALWAYS = "always_matches"
    UNREACHABLE = "unreachable"
    SHADOWED = "shadowed"
    CONFLICT = "conflict"
    DUPLICATE = "duplicate_condition"
    UNSTAFFED = "unstaffed"
    UNLISTED = "unlisted_value"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """An error leaves a rule without any effect; a notice may well be meant so."""

    ERROR = "error"
    NOTICE = "notice"


SEVERITIES: Final[Mapping[Kind, Severity]] = {
    Kind.NEVER: Severity.ERROR,
    Kind.UNREACHABLE: Severity.ERROR,
    Kind.SHADOWED: Severity.ERROR,
    Kind.ALWAYS: Severity.NOTICE,
    Kind.CONFLICT: Severity.NOTICE,
    Kind.DUPLICATE: Severity.NOTICE,
    Kind.UNSTAFFED: Severity.NOTICE,
    Kind.UNLISTED: Severity.NOTICE,
    Kind.UNKNOWN: Severity.NOTICE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about `rule`.

    `others` are the rules that cause it: those that stop the stage, set everything first, win the
    conflict or have the same condition. `pointers` lead from the rule to the parts concerned
    (RFC 6901). `fields` are the outputs concerned. `witness` is a message on which the engine does
    as the sentence says; a rule that never matches has none, nor has what depends on staff or
    options. What is `unknown` says in `question` which of the others could not be settled.
    """

    kind: Kind
    rule: Rule
    sentence: str
    pointers: tuple[str, ...] = ("/when",)
    others: tuple[Rule, ...] = ()
    fields: tuple[str, ...] = ()
    witness: Facts | None = None
    question: Kind | None = None

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.kind]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The findings, by rule as they run.

    `more_conflicts` are ids of rules that have the full number of conflicts listed, and perhaps
    others beside.
    """

    findings: tuple[Finding, ...]
    more_conflicts: tuple[str, ...] = ()


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Write facts as JSON has them: sets sorted, instants in ISO 8601."""
    return {name: _plain(value) for name, value in sorted(facts.items())}


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def quoted(rules: Sequence[Rule]) -> str:
    """Name rules: `rule "A"`, `rules "A", "B" and "C"`."""
    names = [f'"{rule.name}"' for rule in rules]
    if len(names) == 1:
        return f"rule {names[0]}"
    return f"rules {', '.join(names[:-1])} and {names[-1]}"
