"""What admins have set, held in memory by every process: channels, queues and the rules in force.

A change grows the workspace's `configuration` number and hints at it; each process compares the
numbers on a hint and on its poll, and loads anew what has changed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import Adapter, ChannelConfig
from channels.registry import adapter_for
from gateway import languages
from gateway.access.secret_box import SecretBox
from gateway.calendars import calendar_of
from gateway.database.connections import Database
from gateway.database.schema import (
    BusinessCalendar,
    Channel,
    Queue,
    RuleSetVersion,
    Workspace,
)
from gateway.reply_tags import ReplyTags
from gateway.wakeups import Topic, Wakeups, wait_for
from routing.calendars import Calendar
from routing.engine import QueueRef, RuleSet
from routing.rules import parse_rule


@dataclass(frozen=True, slots=True)
class ConfiguredChannel:
    """A channel with its adapter, bound to its workspace."""

    workspace_id: int
    name: str
    public_key: str
    config: ChannelConfig
    adapter: Adapter


@dataclass(frozen=True, slots=True)
class WorkspaceConfiguration:
    """One workspace's settings at one number. Archived channels and queues are not in it."""

    workspace_id: int
    number: int
    channels: Mapping[UUID, ConfiguredChannel]
    queues: Mapping[str, QueueRef]
    default_queue: QueueRef
    rules: RuleSet
    reply_tags: ReplyTags
    calendar: Calendar | None


def queue_ref(row: Queue) -> QueueRef:
    return QueueRef(str(row.id), row.name, 2 if row.level == 2 else 1)


async def grow(session: AsyncSession, workspace_id: int) -> None:
    """Say, in the transaction of a change, that the configuration is a new one."""
    await session.execute(
        update(Workspace)
        .where(Workspace.id == workspace_id)
        .values(configuration=Workspace.configuration + 1)
    )


class Configuration:
    """All workspaces' settings as this process knows them."""

    def __init__(
        self, database: Database, box: SecretBox, wakeups: Wakeups, poll_interval_s: float
    ) -> None:
        self._database = database
        self._box = box
        self._wakeups = wakeups
        self._poll_interval_s = poll_interval_s
        self._workspaces: dict[int, WorkspaceConfiguration] = {}
        self._refreshing = asyncio.Lock()
        self._by_public_key: dict[str, ConfiguredChannel] = {}
        self._by_mail_address: dict[str, ConfiguredChannel] = {}

    def workspace(self, workspace_id: int) -> WorkspaceConfiguration:
        return self._workspaces[workspace_id]

    def all_channels(self) -> list[ConfiguredChannel]:
        """Every channel of every workspace, oldest first."""
        return sorted(self._by_public_key.values(), key=lambda channel: channel.config.id)

    def channel(self, workspace_id: int, channel_id: UUID) -> ConfiguredChannel | None:
        workspace = self._workspaces.get(workspace_id)
        return workspace.channels.get(channel_id) if workspace else None

    def channel_by_key(self, public_key: str) -> ConfiguredChannel | None:
        return self._by_public_key.get(public_key)

    def channel_by_mail_address(self, address: str) -> ConfiguredChannel | None:
        return self._by_mail_address.get(address.lower())

    async def run(self) -> None:
        """Follow changes until cancelled; a database that is away is asked again."""
        hint = self._wakeups.listen(Topic.CONFIGURATION)
        while True:
            await wait_for(hint, self._poll_interval_s)
            await self.refresh()

    async def refresh(self) -> None:
        """Load every workspace whose number has changed since it was last loaded.

        One at a time and each of one instant, so that what a caller has committed is in force
        when this returns, whole.
        """
        async with self._refreshing, self._database.transaction() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            workspaces = (await session.scalars(select(Workspace))).all()
            stale = [
                workspace
                for workspace in workspaces
                if workspace.id not in self._workspaces
                or self._workspaces[workspace.id].number != workspace.configuration
            ]
            loaded = {workspace.id: await self._load(session, workspace) for workspace in stale}
        if any("language" in workspace.rules.fields for workspace in loaded.values()):
            await asyncio.to_thread(languages.load)
        if loaded:
            self._workspaces |= loaded
            self._index()

    async def _load(self, session: AsyncSession, workspace: Workspace) -> WorkspaceConfiguration:
        rows = await self._queues(session, workspace.id)
        queues = {str(row.id): queue_ref(row) for row in rows}
        default = next(queue_ref(row) for row in rows if row.is_default)
        version = workspace.rule_set_version
        stored = await session.get(RuleSetVersion, (workspace.id, version))
        rules = [parse_rule(rule, queues=queues) for rule in (stored.rules if stored else [])]
        return WorkspaceConfiguration(
            workspace_id=workspace.id,
            number=workspace.configuration,
            channels=await self._channels(session, workspace.id),
            queues=queues,
            default_queue=default,
            rules=RuleSet(version, rules, queues, default.id),
            reply_tags=ReplyTags(self._box.derived(b"reply tags"), workspace.id),
            calendar=await self._calendar(session, workspace.id),
        )

    async def _calendar(self, session: AsyncSession, workspace_id: int) -> Calendar | None:
        statement = select(BusinessCalendar).where(
            BusinessCalendar.workspace_id == workspace_id, BusinessCalendar.is_default
        )
        row = await session.scalar(statement)
        return None if row is None else calendar_of(row)

    async def _queues(self, session: AsyncSession, workspace_id: int) -> list[Queue]:
        statement = select(Queue).where(
            Queue.workspace_id == workspace_id, Queue.archived_at.is_(None)
        )
        return list((await session.scalars(statement)).all())

    async def _channels(
        self, session: AsyncSession, workspace_id: int
    ) -> dict[UUID, ConfiguredChannel]:
        statement = select(Channel).where(
            Channel.workspace_id == workspace_id, Channel.archived_at.is_(None)
        )
        return {row.id: self._configured(row) for row in await session.scalars(statement)}

    def _configured(self, row: Channel) -> ConfiguredChannel:
        adapter = adapter_for(row.kind, row.provider)
        config = ChannelConfig(
            id=row.id,
            kind=adapter.kind,
            provider=row.provider,
            address=row.address,
            settings=row.settings,
            secrets=self._box.open(row.secrets),
        )
        return ConfiguredChannel(row.workspace_id, row.name, row.public_key, config, adapter)

    def _index(self) -> None:
        channels = [
            channel
            for workspace in self._workspaces.values()
            for channel in workspace.channels.values()
        ]
        self._by_public_key = {channel.public_key: channel for channel in channels}
        self._by_mail_address = {
            channel.config.address.lower(): channel
            for channel in channels
            if channel.adapter.has_smtp_door
        }
