"""What admins have set, held in memory by every process: channels, queues and the rules in force.

A change grows the workspace's `configuration` number and hints at it; each process compares the
numbers on a hint and on its poll, and loads anew what has changed. Rules are compiled off the
event loop, and only where they are other rules; then all is exchanged at once.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import Adapter, ChannelConfig
from channels.registry import adapter_for
from gateway import languages, references
from gateway.access.secret_box import SecretBox
from gateway.attributes.definitions import Definition, Definitions
from gateway.calendars import calendar_of
from gateway.database.connections import Database, fetch_in
from gateway.database.schema import (
    AttributeDefinition,
    BusinessCalendar,
    Channel,
    LearntTypes,
    Macro,
    Queue,
    RuleSetVersion,
    Workspace,
)
from gateway.delivery.unsubscribing import PURPOSE, UnsubscribeLinks
from gateway.learning.naive_bayes import TypeModel, model_of, unpacked
from gateway.macros.texts import MacroTexts
from gateway.references import References
from gateway.reply_tags import ReplyTags
from gateway.sla.policies import SlaPolicies, read_policies
from gateway.surveys.links import SurveyLinks
from gateway.wakeups import Topic, Wakeups, wait_for
from routing.business_time import BusinessTime
from routing.calendars import Calendar
from routing.engine import RuleSet
from routing.queues import QueueRef
from routing.rules import parse_rule

log = structlog.get_logger(__name__)


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
    """One workspace's settings at one number. Archived channels and queues are not in it.

    `shadow` are rules that decide beside those in force, to see where they differ. `history` are
    the facts of the contact's history that either asks for. `gives_work`: it has queues whose
    conversations agents need not take themselves.
    `acknowledgement` is the macro that answers first messages, where a channel has none of its own.
    """

    workspace_id: int
    name: str
    number: int
    channels: Mapping[UUID, ConfiguredChannel]
    queues: Mapping[str, QueueRef]
    default_queue: QueueRef
    rules: RuleSet
    shadow: RuleSet | None
    history: frozenset[str]
    reply_tags: ReplyTags
    unsubscribe_links: UnsubscribeLinks
    survey_links: SurveyLinks
    calendar: Calendar | None
    sla: SlaPolicies
    gives_work: bool
    business_time: BusinessTime | None
    macros: Mapping[UUID, MacroTexts]
    acknowledgement: UUID | None
    attributes: Definitions
    types: TypeModel | None = None


async def grow(session: AsyncSession, workspace_id: int) -> None:
    """Say, in the transaction of a change, that the configuration is a new one."""
    await session.execute(
        update(Workspace)
        .where(Workspace.id == workspace_id)
        .values(configuration=Workspace.configuration + 1)
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """What a workspace's configuration is made from. Rules are a version and its documents."""

    workspace_id: int
    name: str
    number: int
    channels: Mapping[UUID, ConfiguredChannel]
    references: References
    rules: "StoredRules | None"
    shadow: "StoredRules | None"
    calendar: Calendar | None
    sla: SlaPolicies
    gives_work: bool
    macros: Mapping[UUID, MacroTexts]
    acknowledgement: UUID | None
    attributes: Definitions
    types: tuple[int, bytes] | None


StoredRules = tuple[int, list[dict[str, Any]]]


async def _stored_rules(
    session: AsyncSession, workspace_id: int, version: int | None
) -> StoredRules | None:
    if version is None:
        return None
    stored = await session.get(RuleSetVersion, (workspace_id, version))
    return (version, stored.rules) if stored else None


def _compiled(
    version: int,
    documents: list[dict[str, Any]],
    stored: _Stored,
    held: WorkspaceConfiguration | None,
) -> RuleSet:
    """The version compiled, or as it is held already: a version never changes, queues do."""
    there = stored.references
    if held and (held.queues, held.default_queue.id) == (there.queues, there.default_queue):
        for known in (held.rules, held.shadow):
            if known and known.version == version:
                return known
    rules = [parse_rule(rule, existing=there.names) for rule in documents]
    return RuleSet(version, rules, there.queues, there.default_queue)


def _compiled_shadow(stored: _Stored, held: WorkspaceConfiguration | None) -> RuleSet | None:
    """None also where the shadow names a queue that is gone: it must not keep the rest out."""
    if stored.shadow is None:
        return None
    try:
        return _compiled(*stored.shadow, stored, held)
    except ValueError as error:
        log.warning("shadow.left_out", version=stored.shadow[0], reason=type(error).__name__)
        return None


async def _attributes(session: AsyncSession, workspace_id: int) -> Definitions:
    statement = select(AttributeDefinition).where(AttributeDefinition.workspace_id == workspace_id)
    rows = await session.scalars(statement)
    return {
        row.name: Definition(row.name, row.subject, row.type, tuple(row.options)) for row in rows
    }


async def _learnt_types(session: AsyncSession, workspace_id: int) -> tuple[int, bytes] | None:
    """The version in force, and the model."""
    statement = select(LearntTypes).where(
        LearntTypes.workspace_id == workspace_id, LearntTypes.in_force
    )
    row = await session.scalar(statement)
    return (row.version, row.model) if row is not None and row.model is not None else None


def _types(
    stored: tuple[int, bytes] | None, held: WorkspaceConfiguration | None
) -> TypeModel | None:
    """The model, or as it is held already: a version never changes."""
    if stored is None:
        return None
    version, model = stored
    if held and held.types and held.types.version == version:
        return held.types
    return model_of(unpacked(model), version)


def _asks_for_language(workspace: WorkspaceConfiguration) -> bool:
    """Whether the language of messages is found out: by rules, or to answer them in it."""
    sets = (workspace.rules, workspace.shadow)
    if any("language" in rules.fields for rules in sets if rules):
        return True
    settings = [channel.config.settings for channel in workspace.channels.values()]
    used = {str(workspace.acknowledgement), *(each.get("acknowledgement") for each in settings)}
    return any(len(macro.words) > 1 for id_, macro in workspace.macros.items() if str(id_) in used)


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

    @property
    def gives_work(self) -> bool:
        """Whether what waits may have to be given to somebody, in any workspace."""
        return any(workspace.gives_work for workspace in self._workspaces.values())

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
        async with self._refreshing:
            stale = await self._stale()
            loaded = {
                each.workspace_id: await asyncio.to_thread(self._made, each) for each in stale
            }
            if loaded:
                self._workspaces |= loaded
                self._index()

    async def _stale(self) -> list["_Stored"]:
        async with self._database.transaction() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            workspaces = (await session.scalars(select(Workspace))).all()
            return [
                await self._read(session, workspace)
                for workspace in workspaces
                if workspace.id not in self._workspaces
                or self._workspaces[workspace.id].number != workspace.configuration
            ]

    async def _read(self, session: AsyncSession, workspace: Workspace) -> "_Stored":
        return _Stored(
            workspace_id=workspace.id,
            name=workspace.name,
            number=workspace.configuration,
            channels=await self._channels(session, workspace.id),
            references=await references.present(session, workspace.id),
            rules=await _stored_rules(session, workspace.id, workspace.rule_set_version),
            shadow=await _stored_rules(session, workspace.id, workspace.shadow_version),
            calendar=await self._calendar(session, workspace.id),
            sla=await read_policies(await fetch_in(session), workspace.id),
            gives_work=await self._gives_work(session, workspace.id),
            macros=await self._macros(session, workspace.id),
            acknowledgement=workspace.acknowledgement_id,
            attributes=await _attributes(session, workspace.id),
            types=await _learnt_types(session, workspace.id),
        )

    def _made(self, stored: "_Stored") -> WorkspaceConfiguration:
        held = self._workspaces.get(stored.workspace_id)
        version, documents = stored.rules or (0, [])
        rules = _compiled(version, documents, stored, held)
        shadow = _compiled_shadow(stored, held)
        workspace = WorkspaceConfiguration(
            workspace_id=stored.workspace_id,
            name=stored.name,
            number=stored.number,
            channels=stored.channels,
            queues=stored.references.queues,
            default_queue=stored.references.queues[stored.references.default_queue],
            rules=rules,
            shadow=shadow,
            history=rules.history | (shadow.history if shadow else frozenset()),
            reply_tags=ReplyTags(self._box.derived(b"reply tags"), stored.workspace_id),
            unsubscribe_links=UnsubscribeLinks(self._box.derived(PURPOSE), stored.workspace_id),
            survey_links=SurveyLinks(self._box),
            calendar=stored.calendar,
            sla=stored.sla,
            gives_work=stored.gives_work,
            business_time=BusinessTime(stored.calendar) if stored.calendar else None,
            macros=stored.macros,
            acknowledgement=stored.acknowledgement,
            attributes=stored.attributes,
            types=_types(stored.types, held),
        )
        if _asks_for_language(workspace):
            languages.load()
        return workspace

    async def _gives_work(self, session: AsyncSession, workspace_id: int) -> bool:
        giving = exists().where(
            Queue.workspace_id == workspace_id, Queue.archived_at.is_(None), Queue.mode != "pull"
        )
        return bool(await session.scalar(select(giving)))

    async def _calendar(self, session: AsyncSession, workspace_id: int) -> Calendar | None:
        statement = select(BusinessCalendar).where(
            BusinessCalendar.workspace_id == workspace_id, BusinessCalendar.is_default
        )
        row = await session.scalar(statement)
        return None if row is None else calendar_of(row)

    async def _macros(self, session: AsyncSession, workspace_id: int) -> dict[UUID, MacroTexts]:
        statement = select(Macro).where(
            Macro.workspace_id == workspace_id, Macro.archived_at.is_(None)
        )
        return {row.id: MacroTexts.of(row) for row in await session.scalars(statement)}

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
