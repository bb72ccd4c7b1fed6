"""The clocks of the conversations that a batch touches, where there are any."""

from collections.abc import Sequence
from uuid import UUID

from channels.records import record
from gateway.configuration import Configuration
from gateway.database.connections import Fetch
from gateway.feed.log import EventType, Happening
from gateway.ingest.placing import Placement
from gateway.ingest.state import ConversationState
from gateway.sla import following
from gateway.sla.following import Followed, Followup
from gateway.sla.policies import read_policies
from routing.priority import Priority
from routing.sla import Policy


@record
class BatchClocks:
    """What is to be written once the conversations of the batch are there."""

    followed: Sequence[Followed]
    followups: dict[UUID, Followup]

    async def write(self, fetch: Fetch) -> None:
        await following.write(fetch, self.followed, self.followups)


async def follow(
    fetch: Fetch, placement: Placement, configuration: Configuration
) -> BatchClocks | None:
    """Let clocks follow the batch, and its conversations say when they are due.

    None, at no cost, where no conversation is under a policy.
    """
    states = {
        placed.state.id: placed.state
        for placed in placement.placed
        if placed.state.sla_policy_id is not None
    }
    if not states:
        return None
    happenings = _grouped(placement.happenings, states)
    followed = [
        _followed(state, await _policy(fetch, state, configuration), happenings[id_])
        for id_, state in states.items()
    ]
    followups = await following.follow_all(fetch, followed)
    for each in followed:
        _tell_due(states[each.conversation_id], followups[each.conversation_id], each.happenings)
    return BatchClocks(followed, followups)


def _grouped(
    happenings: Sequence[Happening], states: dict[UUID, ConversationState]
) -> dict[UUID, list[Happening]]:
    grouped: dict[UUID, list[Happening]] = {id_: [] for id_ in states}
    for happening in happenings:
        if happening.conversation_id in grouped:
            grouped[happening.conversation_id].append(happening)
    return grouped


async def _policy(fetch: Fetch, state: ConversationState, configuration: Configuration) -> Policy:
    """In memory, but for one that another process has made a moment ago."""
    assert state.sla_policy_id is not None  # noqa: S101 - no others are followed
    known = configuration.workspace(state.workspace_id).sla.by_id
    if state.sla_policy_id not in known:
        known = (await read_policies(fetch, state.workspace_id, state.sla_policy_id)).by_id
    return known[state.sla_policy_id]


def _followed(
    state: ConversationState, policy: Policy, happenings: Sequence[Happening]
) -> Followed:
    return Followed(
        workspace_id=state.workspace_id,
        conversation_id=state.id,
        policy=policy,
        priority=Priority(state.priority),
        is_new=state.is_new,
        happenings=happenings,
    )


def _tell_due(
    state: ConversationState, followup: Followup, happenings: Sequence[Happening]
) -> None:
    """The last message's event tells it."""
    state.due_at = followup.due_at
    received = [each for each in happenings if each.type is EventType.RECEIVED]
    received[-1].data["conversation"]["due_at"] = state.due_at
