"""The workspace under test: channels that send to providers of our own, and agents with tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tests.delivery.providers import MailServer, Twilio
from tests.faults.installation import Installation

from gateway.access.tokens import Role, issue
from gateway.assignment.pools import join
from gateway.assignment.presence import declare
from gateway.configuration import grow
from gateway.database.connections import Database
from gateway.database.schema import Agent, Channel, Queue, Workspace
from gateway.ids import new_id

AGENTS = ("ada", "bob")
MAILBOX = "support@desk.test"


@dataclass(frozen=True)
class Team:
    """`keys` are the channels' public keys by kind, `tokens` the agents' by name."""

    keys: Mapping[str, str]
    queues: list[str]
    admin_token: str
    tokens: Mapping[str, str]


async def open_team(installation: Installation, mail: MailServer, texts: Twilio) -> Team:
    """Complete the default workspace, whose channels a first start has made."""
    database = Database(installation.dsn)
    try:
        async with database.transaction() as session:
            workspace = (await session.scalars(select(Workspace))).one()
            channels = {row.kind: row for row in await session.scalars(select(Channel))}
            channels["email"].address = MAILBOX
            channels["email"].settings = mail.settings
            channels["sms"].settings = texts.settings
            channels["sms"].secrets = installation.box.seal(texts.secrets)
            await grow(session, workspace.id)
            admin = await issue(session, workspace.id, name="faults", role=Role.ADMIN)
            queues = list(await session.scalars(select(Queue)))
            tokens = {name: await _hire(session, workspace.id, name, queues) for name in AGENTS}
            return Team(
                keys={kind: row.public_key for kind, row in channels.items()},
                queues=[str(queue.id) for queue in queues],
                admin_token=admin.secret,
                tokens=tokens,
            )
    finally:
        await database.close()


async def _hire(
    session: AsyncSession, workspace_id: int, name: str, queues: Sequence[Queue]
) -> str:
    """An agent who is given the first-level queue's conversations, and takes others besides."""
    agent = Agent(
        workspace_id=workspace_id, id=new_id(), name=name, email=f"{name}@desk.test", role="agent"
    )
    session.add(agent)
    await session.flush()
    shift = datetime.now(UTC) + timedelta(hours=12)
    await declare(session, workspace_id, agent.id, "online", shift)
    for queue in queues:
        queue.mode = "direct" if queue.level == 1 else "pull"
        if queue.level == 1:
            await join(session, workspace_id, agent.id, queue.id, 1)
    token = await issue(session, workspace_id, name=name, role=Role.AGENT, agent_id=agent.id)
    return token.secret
