"""Queues as a pass sees them."""

from datetime import datetime
from uuid import UUID

from routing.assignment.model import Mode, QueueTerms, Reason, Waiting
from routing.assignment.needs import Need, skills_of
from routing.assignment.roster import Roster


class Line:
    """What waits in one queue, by what it asks. `queue` is None for one outside the pool.

    `closed` says why it gives nothing, if so; `is_reserving` is for the pass to set.
    """

    def __init__(self, roster: Roster, queue_id: UUID, queue: QueueTerms | None) -> None:
        self.queue = queue
        self.closed = _why_closed(queue, is_served=bool(roster.serving(queue_id)))
        self.is_reserving = False
        self._roster = roster
        self._queue_id = queue_id
        self._needs: dict[object, Need] = {}

    def need(self, waiting: Waiting, now: datetime) -> Need:
        """What a conversation asks of an agent for this queue, whichever it waits in."""
        if waiting.preferred_skills:
            key: object = (waiting.weight, skills_of(waiting, now))
        else:
            key = (waiting.weight, waiting.required_skills)
        need = self._needs.get(key)
        if need is None:
            skills = skills_of(waiting, now)
            need = Need(self._roster, self._queue_id, waiting.weight, skills)
            self._needs[key] = need
        return need


def _why_closed(queue: QueueTerms | None, *, is_served: bool) -> Reason | None:
    if queue is None:
        return Reason.UNKNOWN_QUEUE
    if queue.mode is Mode.PULL:
        return Reason.PULL
    if queue.is_paused:
        return Reason.PAUSED
    return None if is_served else Reason.NOBODY_SERVES
