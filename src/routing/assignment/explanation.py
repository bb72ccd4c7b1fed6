"""Why an agent was chosen and the others were not, as plain JSON of bounded size."""

from collections.abc import Iterable
from typing import Final, Literal, NotRequired, TypedDict

MAX_NAMED: Final = 3
"""At most so many agents are named of those passed over for one reason; all are counted."""

MAX_SKILLS: Final = 8
"""At most so many skills of a kind are named, by alphabet."""

Because = Literal["sticky", "only", "proficiency", "load", "idle", "id"]
"""What spoke for the chosen one: the customer knows them; nobody else had room; or the first
respect in which they go before the next in rank."""


class Standing(TypedDict):
    """An agent as the choice saw them, `load` before the conversation is added.

    `proficiency` is that for the queue plus those for the skills asked for.
    """

    agent: str
    proficiency: int
    load: int
    capacity: int
    idle_since: str


class Passed(TypedDict):
    """How many agents were passed over for one reason, and of these the longest idle."""

    count: int
    first: list[str]


class Ranked(TypedDict):
    """How many agents had room but rank lower, and the best of them."""

    count: int
    first: list[Standing]


class Asked(TypedDict, total=False):
    """The skills asked for: `required`, `insisted` on for now, or `relaxed` to mere preferences."""

    required: list[str]
    insisted: list[str]
    relaxed: list[str]


class Barred(TypedDict):
    """Agents who serve the queue and could not be chosen; each under the first reason of these."""

    lacking_skills: NotRequired[Passed]
    too_small: NotRequired[Passed]
    declined: NotRequired[Passed]
    full: NotRequired[Passed]
    reserved: NotRequired[Passed]


class ProposalExplained(Barred):
    """Who was chosen, why, and who was passed over: each who serves the queue is counted once."""

    chosen: Standing
    because: Because
    skills: Asked
    lower: Ranked


class OverflowExplained(Barred):
    """Why a conversation leaves its queue."""

    because: Literal["all_declined"]
    skills: Asked


def asked(required: Iterable[str], insisted: Iterable[str], relaxed: Iterable[str]) -> Asked:
    """Name the skills; kinds without any are left out."""
    found: Asked = {}
    if first := sorted(required)[:MAX_SKILLS]:
        found["required"] = first
    if first := sorted(insisted)[:MAX_SKILLS]:
        found["insisted"] = first
    if first := sorted(relaxed)[:MAX_SKILLS]:
        found["relaxed"] = first
    return found
