"""What rules may set: the one table of stages, and the `then` of a rule read and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing.facts import FIELDS, Field, FieldType, Reference, Stage
from routing.operators import ValueChecker
from routing.priority import Priority
from routing.problems import below, json_type


@dataclass(frozen=True, slots=True)
class StageTerms:
    """What the rules of a stage may set, and how many of its near misses are told."""

    outcomes: tuple[str, ...]
    near_misses: int


STAGES: Final[Mapping[Stage, StageTerms]] = {
    Stage.CLASSIFY: StageTerms(("add_tags", "type", "language", "priority"), near_misses=2),
    Stage.ROUTE: StageTerms(
        ("add_tags", "queue", "priority", "skills", "preferred_skills", "sla"), near_misses=3
    ),
    Stage.RESPOND: StageTerms(("add_tags", "acknowledge", "assignee"), near_misses=2),
    Stage.CLOCK: StageTerms(("add_tags", "priority", "queue", "notify"), near_misses=2),
}
"""A queue has its level, so routing to it sets both."""

SINGLE: Final[Mapping[str, Field]] = {
    "type": FIELDS["type"],
    "language": FIELDS["language"],
    "priority": FIELDS["priority"],
    "queue": FIELDS["queue"],
    "sla": FIELDS["sla"],
    "acknowledge": Field(
        "acknowledge",
        FieldType.ID,
        "the macro that answers at once",
        refers_to=Reference.MACRO,
    ),
    "assignee": Field(
        "assignee", FieldType.ID, "who gets it before others", refers_to=Reference.AGENT
    ),
}
"""Outcomes of one value, of which the first that matches wins, as the fields that they set."""

_SECONDS: Final = Field("relax_after", FieldType.DURATION, "until when a skill is insisted on")


@dataclass(frozen=True, slots=True)
class PreferredSkill:
    """A skill that the agent had better have.

    For `relax_after` seconds of waiting nobody without it is asked; None asks nobody to wait.
    """

    skill: str
    relax_after: float | None = None

    def to_json(self) -> dict[str, object]:
        written: dict[str, object] = {"skill": self.skill}
        return written if self.relax_after is None else written | {"relax_after": self.relax_after}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a matching rule wants: None and the empty tuple mean that it leaves that to others.

    Tags, skills and notices of all rules add up. `queue`, `sla`, `acknowledge` and `assignee` are
    ids: of a queue, an SLA policy, a macro and an agent.
    """

    add_tags: tuple[str, ...] = ()
    type: str | None = None
    language: str | None = None
    priority: Priority | None = None
    queue: str | None = None
    skills: tuple[str, ...] = ()
    preferred_skills: tuple[PreferredSkill, ...] = ()
    sla: str | None = None
    acknowledge: str | None = None
    assignee: str | None = None
    notify: tuple[str, ...] = ()

    def settings(self) -> tuple[tuple[str, str], ...]:
        """List the outcomes of one value: names with their values as JSON has them."""
        named = {name: getattr(self, name) for name in SINGLE}
        return tuple((name, str(value)) for name, value in named.items() if value is not None)

    def to_json(self) -> dict[str, object]:
        """Write the `then` of a rule."""
        several: dict[str, list[Any]] = {
            "add_tags": list(self.add_tags),
            "skills": list(self.skills),
            "preferred_skills": [each.to_json() for each in self.preferred_skills],
            "notify": list(self.notify),
        }
        return {name: items for name, items in several.items() if items} | dict(self.settings())


def check_outcome(
    checker: ValueChecker, obj: object, stage: Stage | None, *, may_be_empty: bool
) -> None:
    """Report what is wrong with the `then` of a rule of `stage` (None where that is wrong)."""
    problems = checker.problems
    if not isinstance(obj, dict):
        problems.add("/then", f"must be an object, not {json_type(obj)}")
        return
    if not obj and not may_be_empty:
        problems.add("/then", "must set something, unless the rule stops its stage")
    allowed = STAGES[stage].outcomes if stage else (*_SEVERAL, *SINGLE)
    hint = f" in stage {stage}" if stage else ""
    problems.unknown_keys(obj, "/then", allowed, hint=hint)
    for name, value in obj.items():
        if name in allowed:
            _check(checker, name, value)


def _check(checker: ValueChecker, name: str, value: object) -> None:
    pointer = below("/then", name)
    if name in SINGLE:
        checker.scalar(SINGLE[name], value, pointer)
    else:
        check = _SEVERAL[name]
        checker.items(value, pointer, lambda item, at: check(checker, item, at))


def _check_preferred(checker: ValueChecker, item: object, pointer: str) -> None:
    problems = checker.problems
    if not isinstance(item, dict):
        what = "an object such as {'skill': 'italian', 'relax_after': 600}"
        problems.add(pointer, f"must be {what}, not {json_type(item)}")
        return
    problems.unknown_keys(item, pointer, ("skill", "relax_after"))
    problems.missing_keys(item, pointer, ("skill",))
    if "skill" in item:
        checker.label(item["skill"], below(pointer, "skill"))
    if "relax_after" in item:
        checker.scalar(_SECONDS, item["relax_after"], below(pointer, "relax_after"))


_SEVERAL: Final[Mapping[str, Callable[[ValueChecker, object, str], None]]] = {
    "add_tags": ValueChecker.label,
    "skills": ValueChecker.label,
    "preferred_skills": _check_preferred,
    "notify": ValueChecker.label,
}
"""Outcomes that add up over rules, with the check of each of their values."""


def outcome_of(obj: Mapping[str, Any]) -> Outcome:
    """Read a `then` in which nothing is wrong."""
    single = {name: obj[name] for name in SINGLE if name in obj}
    if "priority" in single:
        single["priority"] = Priority(single["priority"])
    return Outcome(
        add_tags=tuple(obj.get("add_tags", ())),
        skills=tuple(obj.get("skills", ())),
        notify=tuple(obj.get("notify", ())),
        preferred_skills=tuple(
            PreferredSkill(each["skill"], each.get("relax_after"))
            for each in obj.get("preferred_skills", ())
        ),
        **single,
    )
