"""Test cases of a rule set: `this message goes there`, checked before rules come into force."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from gateway.api.texts import Name, Value
from gateway.references import Names
from gateway.rule_sets import CaseDocument
from gateway.rulebook.samples import InvalidFacts, Sample, decide, facts_of
from routing.engine import Decision, RuleSet
from routing.explanation import sentences
from routing.facts import Reference
from routing.outcomes import SINGLE
from routing.problems import InvalidRule, Problem, below
from routing.queues import Level

MAX_CASES = 1_000

SINGLE_VALUED = ("level", *SINGLE)

REFERRING: Mapping[str, Reference] = {
    name: field.refers_to for name, field in SINGLE.items() if field.refers_to
}
"""Outcomes that are ids, with what they are ids of."""


class CasesFailed(InvalidRule):
    """Rules do otherwise than their test cases say; `problems` tells each and what came out."""

    what = "test cases fail: nothing came into force"


class Expectation(BaseModel):
    """What must come out, as far as it is said; of what adds up, these and perhaps more."""

    model_config = ConfigDict(extra="forbid")

    queue: Annotated[Value | None, Field(description="A queue's id")] = None
    level: Level | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    tags: list[Value] | None = None
    type: Value | None = None
    language: Value | None = None
    skills: Annotated[list[Value] | None, Field(description="These, and perhaps more")] = None
    preferred_skills: list[Value] | None = None
    sla: Annotated[Value | None, Field(description="An SLA policy's id")] = None
    acknowledge: Annotated[Value | None, Field(description="A macro's id")] = None
    assignee: Annotated[Value | None, Field(description="An agent's id")] = None
    notify: list[Value] | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> "Expectation":
        if not self.model_fields_set:
            raise ValueError("say what must come out: a queue, level, priority, tags, type ...")
        return self


class Case(Sample):
    """A message, facts, or both, and what the rules must make of it."""

    name: Name
    expect: Expectation

    @model_validator(mode="after")
    def _says_something(self) -> "Case":
        if not self.says_something:
            raise ValueError("give a message, facts, or both")
        return self


@dataclass(frozen=True, slots=True)
class Difference:
    """What came out otherwise than expected."""

    what: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case passed if nothing differs; `because` says why it came out as it did."""

    name: str
    differences: list[Difference]
    because: list[str]


_CASES = TypeAdapter(list[Case])


def read_cases(documents: object, names: Names) -> list[CaseDocument]:
    """Check cases and write them as they are stored, without what is not said.

    Raises:
        InvalidRule: with all mistakes of all cases; pointers begin with the case's index.
    """
    try:
        cases = _CASES.validate_python(documents)
    except ValidationError as error:
        problems = [Problem(_pointer(each["loc"]), each["msg"]) for each in error.errors()]
        raise InvalidRule(problems) from None
    if problems := list(_mistakes(cases, names)):
        raise InvalidRule(problems)
    return [case.model_dump(mode="json", exclude_unset=True) for case in cases]


def _pointer(location: Sequence[int | str]) -> str:
    pointer = ""
    for part in location:
        pointer = below(pointer, part)
    return pointer


def _mistakes(cases: Sequence[Case], names: Names) -> Iterator[Problem]:
    if len(cases) > MAX_CASES:
        yield Problem("", f"there may be {MAX_CASES} cases at most")
    taken: set[str] = set()
    for index, case in enumerate(cases):
        at = below("", index)
        if case.name in taken:
            yield Problem(f"{at}/name", "an earlier case has this name")
        taken.add(case.name)
        yield from _dead_references(case.expect, f"{at}/expect", names)
        try:
            facts_of(case)
        except InvalidFacts as error:
            yield from (Problem(at + each.pointer, each.message) for each in error.problems)


def _dead_references(expect: Expectation, at: str, names: Names) -> Iterator[Problem]:
    for name, kind in REFERRING.items():
        id_ = getattr(expect, name)
        if id_ is not None and id_ not in names.get(kind, {}):
            yield Problem(f"{at}/{name}", f"no {kind.replace('_', ' ')} has this id")


def run_cases(rules: RuleSet, documents: Sequence[CaseDocument]) -> list[CaseResult]:
    """Decide every case by the rules; in the order given."""
    return [_run(rules, case) for case in _CASES.validate_python(documents)]


def require_passing(rules: RuleSet, documents: Sequence[CaseDocument], names: Names) -> None:
    """Raise CasesFailed unless every case passes."""
    problems = [
        Problem(f"/cases/{index}/expect/{each.what}", told(result.name, each, names))
        for index, result in enumerate(run_cases(rules, documents))
        for each in result.differences
    ]
    if problems:
        raise CasesFailed(problems)


def told(name: str, difference: Difference, names: Names) -> str:
    """A failure in words: `case "Refunds": queue is General, not Billing`."""
    known = names.get(REFERRING[difference.what], {}) if difference.what in REFERRING else {}
    got, expected = (_shown(each, known) for each in (difference.got, difference.expected))
    return f'case "{name}": {difference.what} is {got}, not {expected}'


def _shown(value: object, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "empty"
    if value is None:
        return "unknown"
    return names.get(str(value), str(value))


def _run(rules: RuleSet, case: Case) -> CaseResult:
    decision = decide(rules, facts_of(case))
    return CaseResult(
        case.name, list(_differences(case.expect, decision)), sentences(decision.explanation)
    )


def _differences(expect: Expectation, decision: Decision) -> Iterator[Difference]:
    for name in SINGLE_VALUED:
        wanted, got = getattr(expect, name), getattr(decision, name)
        if name in expect.model_fields_set and wanted != got:
            yield Difference(name, wanted, None if got is None else _plain(got))
    for name in ("tags", "skills", "preferred_skills", "notify"):
        wanted, got = getattr(expect, name), getattr(decision, name)
        if wanted is not None and not set(wanted) <= set(got):
            yield Difference(name, sorted(wanted), list(got))


def _plain(value: int | str) -> int | str:
    return value if isinstance(value, int) else str(value)
