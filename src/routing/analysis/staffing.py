"""Rules that send where nobody can be given what comes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from routing.analysis import sentences
from routing.analysis.findings import Finding, Kind
from routing.queues import QueueRef
from routing.rules import Rule

Staff = Mapping[str, Sequence[Collection[str]]]
"""Of each queue that gives its conversations to agents, by id: the skills of each who serves it."""


def unstaffed(
    rules: Iterable[Rule], queues: Mapping[str, QueueRef], staff: Staff
) -> Iterator[Finding]:
    """Find rules that choose a queue that nobody serves, or skills that none who serves it has.

    Without a queue, skills are sought among all who serve any. From queues that give nothing,
    agents take what they can: nothing is said of those.
    """
    for rule in rules:
        queue, skills = rule.then.queue, rule.then.skills
        if queue is not None and not staff.get(queue, [()]):
            told = sentences.unserved(rule, queues[queue])
            yield Finding(Kind.UNSTAFFED, rule, told, ("/then/queue",), fields=("queue",))
        elif skills and not _has(_candidates(queue, staff), skills):
            told = sentences.unskilled(rule, skills)
            yield Finding(Kind.UNSTAFFED, rule, told, ("/then/skills",), fields=("skills",))


def _candidates(queue: str | None, staff: Staff) -> Sequence[Collection[str]] | None:
    """The skills of those who may get it; None where that is not for the router to say."""
    if queue is not None:
        return staff.get(queue)
    return [skills for agents in staff.values() for skills in agents] if staff else None


def _has(candidates: Sequence[Collection[str]] | None, wanted: Collection[str]) -> bool:
    return candidates is None or any(set(wanted) <= set(skills) for skills in candidates)
