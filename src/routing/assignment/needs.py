"""What conversations ask of an agent: most of those that wait ask the same as many others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final
from uuid import UUID

from routing.assignment.bits import Bits
from routing.assignment.explanation import (
    Asked,
    Barred,
    Because,
    OverflowExplained,
    ProposalExplained,
    asked,
)
from routing.assignment.model import Reason, Waiting
from routing.assignment.roster import Roster

Graded = tuple[int, int]
"""A proficiency, and the number of the agent who has it."""

NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Skills:
    """Skills asked for: without the `required` and those `insisted` on for now nobody is able."""

    required: frozenset[str]
    insisted: frozenset[str] = NONE
    relaxed: frozenset[str] = NONE

    def explained(self) -> Asked:
        return asked(self.required, self.insisted - self.required, self.relaxed - self.required)


def skills_of(waiting: Waiting, now: datetime) -> Skills:
    """What is asked for at an instant."""
    if not waiting.preferred_skills:
        return Skills(waiting.required_skills)
    preferred = waiting.preferred_skills.items()
    insisted = frozenset(skill for skill, until in preferred if until > now)
    return Skills(waiting.required_skills, insisted, frozenset(waiting.preferred_skills) - insisted)


class Need:
    """A weight, and skills for a queue.

    `capable` are the able whose whole capacity is enough; `hopeless` says why there is none.
    """

    def __init__(self, roster: Roster, queue_id: UUID, weight: int, skills: Skills) -> None:
        self.weight = weight
        self._roster = roster
        self._queue_id = queue_id
        self._skills = skills
        self._serving = roster.serving(queue_id)
        self._able = self._serving & roster.skilled(skills.required | skills.insisted)
        self.capable: Bits = self._able & roster.capable(weight)
        self.hopeless = None if self.capable else self._why_hopeless()

    def fitting(self, among: Bits) -> Bits:
        """Those who have room for it that is not reserved."""
        return among & self._roster.with_room(self.weight) & ~self._roster.reserved

    def ranked(self, fitting: Bits) -> Iterator[Graded]:
        """Order those who have room, the best first: their proficiency and number."""
        for proficiency, those in self._grades:
            if found := those & fitting:
                for number in self._roster.by_load(found):
                    yield proficiency, number

    def grade(self, agent: Bits) -> Graded:
        """The one agent of a set, with their proficiency."""
        [found] = self.ranked(agent)
        return found

    def why_first(self, best: Sequence[Graded]) -> Because:
        """Name the respect in which the first of a ranking goes before the second."""
        if len(best) == 1:
            return "only"
        (proficiency, first), (other, second) = best[:2]
        if proficiency != other:
            return "proficiency"
        if self._roster.ratio(first) != self._roster.ratio(second):
            return "load"
        return "idle" if self._roster.differ_in_idleness(first, second) else "id"

    def explained(
        self, best: Sequence[Graded], because: Because, fitting: Bits, candidates: Bits
    ) -> ProposalExplained:
        """Explain the choice of the first of `best`, whom others among those fitting follow."""
        chosen, *lower = [self._roster.standing(number, grade) for grade, number in best]
        return {
            "chosen": chosen,
            "because": because,
            "skills": self.asked,
            "lower": {"count": fitting.bit_count() - 1, "first": lower},
            **self.barred(candidates),
        }

    def _why_hopeless(self) -> Reason:
        return Reason.TOO_LARGE if self._able else Reason.SKILLS_MISSING

    def overflowing(self) -> OverflowExplained:
        """Explain that all of the capable have declined."""
        return {"because": "all_declined", "skills": self.asked, **self.barred(0)}

    def barred(self, candidates: Bits) -> Barred:
        """Tell who could not be chosen; `candidates` are the capable who have not declined."""
        room = self._roster.with_room(self.weight)
        barred = self._always_barred.copy()
        if declined := self.capable & ~candidates:
            barred["declined"] = self._roster.passed(declined)
        if full := candidates & ~room:
            barred["full"] = self._roster.passed(full)
        if reserved := candidates & room & self._roster.reserved:
            barred["reserved"] = self._roster.passed(reserved)
        return barred

    @cached_property
    def asked(self) -> Asked:
        return self._skills.explained()

    @cached_property
    def _always_barred(self) -> Barred:
        barred: Barred = {}
        if lacking := self._serving & ~self._able:
            barred["lacking_skills"] = self._roster.passed(lacking)
        if small := self._able & ~self.capable:
            barred["too_small"] = self._roster.passed(small)
        return barred

    @cached_property
    def _grades(self) -> list[tuple[int, Bits]]:
        skills = self._skills
        return self._roster.grades(
            self._queue_id, skills.required | skills.insisted | skills.relaxed
        )
