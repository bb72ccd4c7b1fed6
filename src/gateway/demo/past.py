"""`demo --history`: fills a new workspace with a past, for its reports to show."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.passwords import Passwords
from gateway.access.secret_box import SecretBox, secret_box
from gateway.access.tokens import Role
from gateway.database.connections import Database
from gateway.database.opening import opened
from gateway.database.schema import (
    Agent,
    Channel,
    Conversation,
    FeedHead,
    Login,
    Queue,
    SlaPolicy,
    Workspace,
)
from gateway.demo.failure import DemoFailed
from gateway.demo.past_rows import store
from gateway.demo.year import KINDS, Ground, Worker, past_of
from gateway.feed.partitions import ensure_month, month_of, partition_of
from gateway.figures.counting import recount
from gateway.first_start import starting_channels
from gateway.ids import new_id
from gateway.settings import Settings

LEADER = "demo.lead@example.com"
WORKERS = (("Mia", 0.6, 0.95), ("Noah", 0.9, 0.9), ("Olga", 1.3, 0.92), ("Piet", 1.8, 0.8))
EXPERTS = (("Rita", 1.0, 0.95), ("Sven", 1.5, 0.9))
"""Names with their pace and care, as of `year.Worker`."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written, and how to log in at the desk to see it."""

    conversations: int
    events: int
    email: str
    password: str


async def fill(settings: Settings, workspace: str, days: int, number: int, seed: int) -> Filled:
    """Write the past of a workspace that is new, and count its figures.

    Raises:
        DemoFailed: the workspace does not exist, or has a past of its own.
        SecretKeyError: the key of the channels' secrets is not set.
    """
    async with opened(settings, "sportello-demo") as found:
        return await fill_in(found.database, secret_box(settings), workspace, days, number, seed)


async def fill_in(
    database: Database, box: SecretBox, workspace: str, days: int, number: int, seed: int
) -> Filled:
    password = secrets.token_urlsafe(12)
    hashed = await Passwords().hashed(password)
    now = datetime.now(UTC)
    await _make_room(database, now, days)
    async with database.transaction() as session:
        workspace_id = await _new_workspace(session, workspace)
        ground = await _prepare(session, workspace_id, box, hashed)
        pasts = past_of(ground, now, days, number, seed)
        raw = await (await session.connection()).get_raw_connection()
        assert raw.driver_connection is not None  # noqa: S101 - it is connected
        events = await store(raw.driver_connection, workspace_id, pasts)
    await recount(database, workspace_id)
    return Filled(len(pasts), events, LEADER, password)


async def _make_room(database: Database, now: datetime, days: int) -> None:
    """A partition of the log for each month of the past."""
    month = month_of(now - timedelta(days=days))
    while month <= now:
        await ensure_month(database, month, partition_of(month))
        month = month_of(month, 1)


async def _new_workspace(session: AsyncSession, name: str) -> int:
    """The workspace, locked, in which nothing has happened yet: the log cannot grow backwards."""
    workspace_id = await session.scalar(select(Workspace.id).where(Workspace.name == name))
    if workspace_id is None:
        raise DemoFailed(f"no workspace is called {name!r}: see `sportello workspaces list`")
    head = await session.get_one(FeedHead, workspace_id, with_for_update=True)
    held = await session.scalar(
        select(func.count())
        .select_from(Conversation)
        .where(Conversation.workspace_id == workspace_id)
    )
    if held or head.pos:
        raise DemoFailed(
            f"workspace {name!r} has a history of its own, and none is invented beside it: make "
            "one with `sportello workspaces create demo`, and fill that with --workspace demo"
        )
    return int(workspace_id)


async def _prepare(session: AsyncSession, workspace_id: int, box: SecretBox, hashed: str) -> Ground:
    channels = await _channels(session, workspace_id, box)
    queues = list(
        await session.scalars(
            select(Queue)
            .where(Queue.workspace_id == workspace_id, Queue.archived_at.is_(None))
            .order_by(Queue.level, Queue.is_default.desc())
        )
    )
    second = next((queue.id for queue in queues if queue.level == 2), queues[0].id)
    policy = SlaPolicy(
        workspace_id=workspace_id,
        id=new_id(),
        name="Demo: within four hours",
        targets={"first_response": {"normal": 14_400}},
    )
    session.add(policy)
    ground = Ground(
        channels=channels,
        first=queues[0].id,
        second=second,
        workers=[_hire(session, workspace_id, *each) for each in WORKERS],
        experts=[_hire(session, workspace_id, *each) for each in EXPERTS],
        policy=policy.id,
    )
    leader = _agent(workspace_id, "Demo lead", LEADER, Role.ADMIN)
    session.add(leader)
    await session.flush()
    session.add(Login(workspace_id=workspace_id, agent_id=leader.id, password_hash=hashed))
    workspace = await session.get_one(Workspace, workspace_id)
    workspace.configuration += 1
    await session.flush()
    return ground


async def _channels(session: AsyncSession, workspace_id: int, box: SecretBox) -> dict[str, UUID]:
    """The workspace's channels by kind; a workspace without any gets one of each."""
    statement = select(Channel).where(
        Channel.workspace_id == workspace_id, Channel.archived_at.is_(None)
    )
    there = {channel.kind: channel.id for channel in await session.scalars(statement)}
    for channel in starting_channels(workspace_id, box):
        if channel.kind not in there:
            if channel.kind == "email":
                channel.address = f"demo-{workspace_id}@localhost"
            session.add(channel)
            there[channel.kind] = channel.id
    return {kind: there[kind] for kind in KINDS}


def _hire(session: AsyncSession, workspace_id: int, name: str, pace: float, care: float) -> Worker:
    agent = _agent(workspace_id, name, f"demo.{name.lower()}@example.com", Role.AGENT)
    session.add(agent)
    return Worker(agent.id, pace, care)


def _agent(workspace_id: int, name: str, email: str, role: Role) -> Agent:
    return Agent(workspace_id=workspace_id, id=new_id(), name=name, email=email, role=role)
