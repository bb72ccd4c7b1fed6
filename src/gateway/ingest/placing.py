"""Puts each message of a batch into its conversation: pure, on states that are already locked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.records import record
from gateway.configuration import Configuration
from gateway.feed.item import impersonal_fields
from gateway.feed.log import EventType, Happening
from gateway.ids import new_id
from gateway.ingest.deciding import Occasion, Ruling, rule
from gateway.ingest.histories import Contact, Histories, Past
from gateway.ingest.identities import KnownIdentity
from gateway.ingest.state import ConversationState
from gateway.ingest.submission import Submission
from gateway.ingest.threads import Mail, Threads
from gateway.sla.turns import OCCURRED_AT
from routing.priority import Priority, effective_at

QUIET = frozenset({"auto_reply", "bounce", "complaint", "receipt"})
"""Automatic mail that answers ours and asks for nothing: it changes no conversation's state.

The rest does: customers write through lists, and other ticket systems for people.
"""


@record
class Arrival:
    """A new message with what the database knows about its sender and, for mail, its thread."""

    submission: Submission
    message_id: UUID
    conversation_id: UUID  # the one that it opens if it belongs to none
    identity: KnownIdentity
    mail: Mail | None

    @property
    def is_quiet(self) -> bool:
        return self.submission.inbound.automatic_kind in QUIET


@record
class Placed:
    """A message in its conversation, at `seq`, with the decision that it caused.

    `applied` is False where an open conversation kept its queue: it takes tags from the decision,
    and a higher priority. `opens` is True of a conversation's first message.
    """

    arrival: Arrival
    state: ConversationState
    seq: int
    decision_id: UUID
    ruling: Ruling
    applied: bool
    opens: bool

    @property
    def is_particular(self) -> bool:
        """Whether its rules chose who may, or should, get it."""
        ruling = self.ruling
        wishes = ruling.skills or ruling.preferred_skills or ruling.assignee
        return self.applied and bool(wishes)


@record
class Waiting:
    """A new stay in a queue."""

    state: ConversationState
    queue_id: UUID
    queued_at: datetime
    effective_at: datetime


class Placement:
    """The outcome of a batch, ready to be written.

    `states` holds every conversation touched; `leads` names conversations that a message may
    belong to beside those of its thread. `acknowledgements` says of messages, by id, which macro
    they asked for and what came of it.
    """

    def __init__(
        self,
        configuration: Configuration,
        states: dict[UUID, ConversationState],
        threads: Threads,
        leads: Mapping[UUID, Sequence[UUID]],
        histories: Histories,
    ) -> None:
        self._configuration = configuration
        self._threads = threads
        self._leads = leads
        self._histories = histories
        self.states = states
        self.opened_by_sender: dict[tuple[int, UUID, UUID], ConversationState] = {}
        self._opened_by_contact: dict[Contact, list[ConversationState]] = {}
        self.placed: list[Placed] = []
        self.waiting: list[Waiting] = []
        self.raised: set[UUID] = set()
        self.links: list[tuple[int, UUID, UUID]] = []
        self.happenings: list[Happening] = []
        self.acknowledgements: dict[UUID, dict[str, Any]] = {}

    def place(self, arrival: Arrival) -> None:
        state, links = self._find(arrival)
        reopening = state is not None and not state.is_open and not arrival.is_quiet
        workspace = self._configuration.workspace(arrival.submission.workspace_id)
        past = self._past(arrival, state) if workspace.history else None
        occasion = Occasion(arrival.submission, arrival.identity, state, reopening, past)
        ruling = rule(occasion, workspace)
        decision_id = new_id()
        opens, applied = state is None, state is None or reopening
        if state is None:
            state = self._open(arrival, ruling, decision_id)
        elif reopening:
            self._reopen(state, arrival, ruling, decision_id)
        else:
            self._follow_up(state, ruling, arrival)
        self._link(state, links)
        seq = self._receive(state, arrival, decision_id)
        self.placed.append(Placed(arrival, state, seq, decision_id, ruling, applied, opens))

    def _past(self, arrival: Arrival, state: ConversationState | None) -> list[Past]:
        """The contact's other conversations, as far as the batch has come."""
        key = arrival.submission.workspace_id, arrival.identity.contact_id
        known: dict[UUID, Past] = {each.id: each for each in self._histories.get(key, ())}
        known |= {id_: self.states[id_] for id_ in known.keys() & self.states.keys()}
        known |= {each.id: each for each in self._opened_by_contact.get(key, ())}
        return [each for each in known.values() if state is None or each.id != state.id]

    def _find(self, arrival: Arrival) -> tuple[ConversationState | None, list[UUID]]:
        """The conversation that the message continues, and others that it speaks of."""
        submission = arrival.submission
        homes = self._known(self._threads.homes(arrival.mail) if arrival.mail else ())
        for state in (*homes, *self._led_to(arrival)):
            is_kept = arrival.is_quiet and state.status == "solved"
            if is_kept or state.takes(submission.channel, submission.received_at):
                return state, [other.id for other in homes if other is not state]
        return None, [other.id for other in homes]

    def _led_to(self, arrival: Arrival) -> list[ConversationState]:
        """What weaker evidence points to, what the batch has just opened included."""
        leads = self._known(self._leads.get(arrival.message_id, ()))
        if arrival.mail is None:
            submission = arrival.submission
            key = (submission.workspace_id, arrival.identity.id, submission.channel.config.id)
            opened = self.opened_by_sender.get(key)
            leads += [opened] if opened else []
        return leads

    def _known(self, ids: Iterable[UUID]) -> list[ConversationState]:
        found = [self.states[id_] for id_ in ids if id_ in self.states]
        targets = [self.states.get(state.merged_into or state.id, state) for state in found]
        return list({state.id: state for state in targets}.values())

    def _open(self, arrival: Arrival, ruling: Ruling, decision_id: UUID) -> ConversationState:
        submission = arrival.submission
        state = ConversationState(
            workspace_id=submission.workspace_id,
            id=arrival.conversation_id,
            channel_id=submission.channel.config.id,
            identity_id=arrival.identity.id,
            subject=submission.inbound.subject,
            status="queued",
            queue_id=ruling.queue_id,
            priority=ruling.priority,
            assignee_id=None,
            type=ruling.type,
            language=ruling.language,
            tags=ruling.tags,
            version=0,
            message_count=0,
            opened_at=submission.received_at,
            last_message_at=submission.received_at,
            solved_at=None,
            sla_policy_id=ruling.sla_policy_id,
            is_new=True,
        )
        self.states[state.id] = state
        self.opened_by_sender[state.workspace_id, state.identity_id, state.channel_id] = state
        contact = state.workspace_id, arrival.identity.contact_id
        self._opened_by_contact.setdefault(contact, []).append(state)
        self._queue(state, submission.received_at)
        data = {
            "conversation": impersonal_fields(state, ruling.level),
            "decision": decision_id,
        }
        self.tell(EventType.OPENED, state, _dated(state, submission, data), queue_before=None)
        return state

    def _reopen(
        self, state: ConversationState, arrival: Arrival, ruling: Ruling, decision_id: UUID
    ) -> None:
        queue_before, assignee_before = state.queue_id, state.assignee_id
        state.status = "queued"
        state.solved_at = None
        state.assignee_id = None
        state.queue_id = ruling.queue_id
        state.priority = ruling.priority
        state.tags |= ruling.tags
        state.type = ruling.type or state.type
        state.sla_policy_id = ruling.sla_policy_id or state.sla_policy_id
        self._queue(state, arrival.submission.received_at)
        data = {
            "conversation": impersonal_fields(state, ruling.level),
            "decision": decision_id,
        }
        self.tell(
            EventType.REOPENED,
            state,
            _dated(state, arrival.submission, data),
            queue_before=queue_before,
            assignee_before=assignee_before,
        )

    def _follow_up(self, state: ConversationState, ruling: Ruling, arrival: Arrival) -> None:
        """What the customer adds may make a matter more urgent; its queue and agent stay.

        It is what a pending one has waited for. A priority that an agent has set stays, too.
        """
        state.tags |= ruling.tags
        is_ours = state.priority_by is None and not arrival.is_quiet
        if is_ours and Priority(ruling.priority) > state.priority:
            state.priority = ruling.priority
            self.raised.add(state.id)
        if state.status == "pending" and not arrival.is_quiet:
            self._wake(state, arrival.submission)

    def _wake(self, state: ConversationState, submission: Submission) -> None:
        state.snoozed_until = None
        state.status = "queued" if state.assignee_id is None else "assigned"
        if state.assignee_id is None:
            self._queue(state, submission.received_at)
        changed = {
            "status": state.status,
            "snoozed_until": None,
        }
        data = {"conversation": changed, "by": "customer"}
        self.tell(EventType.WOKEN, state, _dated(state, submission, data))

    def _queue(self, state: ConversationState, now: datetime) -> None:
        moment = effective_at(now, Priority(state.priority))
        self.waiting.append(Waiting(state, state.queue_id, now, moment))

    def _link(self, state: ConversationState, others: list[UUID]) -> None:
        for other in others:
            self.links.append((state.workspace_id, state.id, other))
            self.tell(EventType.LINKED, state, {"conversation": {}, "other": other})

    def _receive(self, state: ConversationState, arrival: Arrival, decision_id: UUID) -> int:
        submission = arrival.submission
        state.message_count += 1
        state.last_message_at = max(state.last_message_at, submission.received_at)
        if arrival.mail is not None:
            self._threads.settle(arrival.mail, state.id)
        message = {
            "id": arrival.message_id,
            "seq": state.message_count,
            "direction": "inbound",
            "channel": submission.channel.config.id,
            "attachments": submission.file_count,
            "automatic": submission.inbound.automatic,
        }
        if arrival.is_quiet:
            message["quiet"] = True
        changed = {
            "message_count": state.message_count,
            "last_message_at": state.last_message_at,
            "priority": state.priority,
            "tags": sorted(state.tags),
        }
        data = {"conversation": changed, "message": message, "decision": decision_id}
        self.tell(EventType.RECEIVED, state, _dated(state, submission, data))
        return state.message_count

    def tell(
        self,
        event: EventType,
        state: ConversationState,
        data: dict[str, Any],
        **before: UUID | None,
    ) -> None:
        state.version += 1
        self.happenings.append(
            Happening(
                workspace_id=state.workspace_id,
                type=event,
                conversation_id=state.id,
                version=state.version,
                queue_before=before.get("queue_before", state.queue_id),
                queue_after=state.queue_id,
                assignee_before=before.get("assignee_before", state.assignee_id),
                assignee_after=state.assignee_id,
                data=data,
            )
        )


def _dated(
    state: ConversationState, submission: Submission, data: dict[str, Any]
) -> dict[str, Any]:
    """The data of an event that clocks go by, where there are any."""
    if state.sla_policy_id is not None:
        data[OCCURRED_AT] = submission.received_at
    return data
