"""A propositional formula that grows, and a solver that works on it within a budget."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from pysat.solvers import Minisat22

MAX_LITERALS: Final = 500_000
MAX_WORK: Final = 6_000_000
MAX_CONFLICTS: Final = 2_000


class TooLargeError(Exception):
    """A formula has outgrown `MAX_LITERALS`, or all of an analysis together `MAX_WORK`."""


@dataclass(slots=True)
class Budget:
    """The literals that an analysis may still write: what it costs, whatever the machine."""

    literals: int = MAX_WORK


class Formula:
    """Clauses over numbered variables; `-v` is the negation of `v`. To be used in a `with`."""

    def __init__(self, budget: Budget) -> None:
        self._solver = Minisat22()
        self._budget = budget
        self._variables = 0
        self._literals = 0
        self.true = self.new()
        self.add(self.true)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._solver.delete()

    def new(self) -> int:
        """Return a further variable, which is false unless something needs it."""
        self._variables += 1
        return self._variables

    def add(self, *literals: int) -> None:
        """Demand that one of the literals be true."""
        self._literals += len(literals)
        self._budget.literals -= len(literals)
        if self._literals > MAX_LITERALS or self._budget.literals < 0:
            raise TooLargeError
        self._solver.add_clause(literals)

    def every(self, literals: Iterable[int]) -> int:
        """Return a literal that is true where all of these are."""
        return -self.some([-literal for literal in literals])

    def some(self, literals: Collection[int]) -> int:
        """Return a literal that is true where one of these is."""
        if not literals:
            return -self.true
        if len(literals) == 1:
            return next(iter(literals))
        found = self.new()
        self.add(-found, *literals)
        for literal in literals:
            self.add(-literal, found)
        return found

    def solve(self, assumed: Collection[int]) -> bool | None:
        """Tell whether all can hold together; None if `MAX_CONFLICTS` did not suffice."""
        self._solver.conf_budget(MAX_CONFLICTS)
        answer: bool | None = self._solver.solve_limited(assumptions=list(assumed))
        return answer

    def model(self) -> frozenset[int]:
        """Return the variables that are true, after `solve` has said True."""
        return frozenset(literal for literal in self._solver.get_model() if literal > 0)

    def core(self) -> list[int]:
        """Return assumptions that cannot hold together, after `solve` has said False."""
        return list(self._solver.get_core() or ())


class Ladder:
    """Variables that exclude each other, by a number of clauses that grows linearly."""

    def __init__(self, formula: Formula) -> None:
        self._formula = formula
        self._so_far = -formula.true

    def further(self) -> int:
        """Return a new variable that is false where an earlier one is true."""
        variable = self._formula.new()
        self._formula.add(-variable, -self._so_far)
        self._so_far = self._formula.some([self._so_far, variable])
        return variable
