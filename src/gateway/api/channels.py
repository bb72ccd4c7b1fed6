"""Channels: the endpoints that customers write to, and the doors that providers post to."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import Adapter, Kind
from channels.registry import UnknownProvider, adapter_for
from gateway.api import channel_settings
from gateway.api.callers import AdminCaller, Parts
from gateway.api.changes import configuring
from gateway.api.mailboxes import MailboxOut, mailbox_of, mailboxes
from gateway.api.problems import documented
from gateway.api.texts import Name, Setting, Value
from gateway.composition import Gateway
from gateway.database.schema import Channel
from gateway.doors.addresses import path_of
from gateway.first_start import new_public_key
from gateway.ids import new_id
from gateway.mailboxes.records import poll_anew
from gateway.problems import conflict, invalid, not_found

router = APIRouter(
    prefix="/v1/channels", tags=["channels"], responses=documented(401, 403, 422, 503)
)

DEFAULT_PROVIDERS: dict[Kind, str] = {
    "email": "smtp",
    "sms": "twilio",
    "web_form": "builtin",
    "chat": "builtin",
}

Address = Annotated[
    Value,
    Field(max_length=254, description="Mail address or number; free for forms and chats"),
]
Settings = Annotated[
    dict[Name, Setting],
    Field(description="By name; `continue_hours` for all, `reply_channel` for forms"),
]
Secrets = Annotated[dict[Name, Setting], Field(description="By name; never shown again")]


class ChannelIn(BaseModel):
    """An unknown name of a setting is answered with all that the provider knows."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "sms",
                    "name": "Text messages",
                    "address": "+15005550006",
                    "settings": {"account_sid": "AC0123"},
                    "secrets": {"auth_token": "..."},
                }
            ]
        },
    )

    kind: Kind
    provider: Annotated[Name | None, Field(description="The kind's usual one if left out")] = None
    name: Name
    address: Address = ""
    settings: Settings = {}
    secrets: Secrets = {}


class ChannelPatch(BaseModel):
    """Only what is given changes; a setting or secret that is null goes (RFC 7396)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"settings": {"continue_hours": "48"}}]},
    )

    name: Name | None = None
    address: Address | None = None
    settings: dict[Name, Setting | None] = {}
    secrets: dict[Name, Setting | None] = {}


class ChannelOut(BaseModel):
    """`door` is where messages are posted to (chat: a websocket), by the channel's `public_key`.

    Mail also comes by SMTP, to `smtp_door`, unless a provider posts it or it is fetched from a
    `mailbox`: that says how the polling goes, once it has begun. `secrets_set` names the secrets
    that are kept.
    """

    id: UUID
    kind: Kind
    provider: str
    name: str
    address: str
    public_key: str
    door: str = Field(examples=["https://help.example.com/in/forms/ch_8sJx"])
    smtp_door: str | None
    mailbox: MailboxOut | None = None
    settings: dict[str, str]
    secrets_set: list[str]
    created_at: datetime


@router.get("")
async def list_channels(gateway: Parts, caller: AdminCaller) -> list[ChannelOut]:
    """All but the archived, oldest first."""
    statement = (
        select(Channel)
        .where(Channel.workspace_id == caller.workspace_id, Channel.archived_at.is_(None))
        .order_by(Channel.id)
    )
    async with gateway.database.transaction() as session:
        polled = await mailboxes(session, caller.workspace_id)
        rows = await session.scalars(statement)
        return [_shown(gateway, row, polled.get(row.id)) for row in rows]


@router.post("", status_code=201, responses=documented(409))
async def create_channel(gateway: Parts, caller: AdminCaller, body: ChannelIn) -> ChannelOut:
    adapter = _adapter(body)
    row = Channel(
        workspace_id=caller.workspace_id,
        id=new_id(),
        kind=body.kind,
        provider=adapter.provider,
        name=body.name,
        address=channel_settings.normalised(body.kind, body.address),
        public_key=new_public_key(),
        settings=body.settings,
        secrets=gateway.box.seal(body.secrets) if body.secrets else None,
    )
    async with configuring(gateway, caller.workspace_id) as session:
        await channel_settings.check(
            session, caller.workspace_id, adapter, body.settings, body.secrets
        )
        session.add(row)
        await _save(session)
    return _shown(gateway, row)


@router.get("/{id}", responses=documented(404))
async def get_channel(gateway: Parts, caller: AdminCaller, id: UUID) -> ChannelOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        row = await _find(session, caller.workspace_id, id)
        return _shown(gateway, row, await mailbox_of(session, caller.workspace_id, id))


@router.patch("/{id}", responses=documented(404, 409))
async def change_channel(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: ChannelPatch,
) -> ChannelOut:
    async with configuring(gateway, caller.workspace_id) as session:
        row = await _find(session, caller.workspace_id, id)
        adapter = adapter_for(row.kind, row.provider)
        await channel_settings.check(
            session, caller.workspace_id, adapter, body.settings, body.secrets
        )
        row.name = body.name or row.name
        if body.address is not None:
            row.address = channel_settings.normalised(row.kind, body.address)
        row.settings = channel_settings.merged(row.settings, body.settings)
        if body.secrets:
            kept = channel_settings.merged(gateway.box.open(row.secrets), body.secrets)
            row.secrets = gateway.box.seal(kept) if kept else None
        await _save(session)
        if body.settings or body.secrets:
            await poll_anew(session, caller.workspace_id, id)
        mailbox = await mailbox_of(session, caller.workspace_id, id)
    return _shown(gateway, row, mailbox)


@router.delete("/{id}", status_code=204, responses=documented(404, 409))
async def archive_channel(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Close the channel for good: nothing more comes in; its conversations stay."""
    async with configuring(gateway, caller.workspace_id) as session:
        row = await _find(session, caller.workspace_id, id)
        if forms := await _answered_by(session, row):
            raise conflict(f"it answers forms: give {', '.join(forms)} another reply_channel first")
        row.archived_at = func.now()


def _adapter(body: ChannelIn) -> Adapter:
    try:
        return adapter_for(body.kind, body.provider or DEFAULT_PROVIDERS[body.kind])
    except UnknownProvider as error:
        raise invalid("the channel has mistakes", [("/provider", str(error))]) from None


async def _find(session: AsyncSession, workspace_id: int, channel_id: UUID) -> Channel:
    row = await session.get(Channel, (workspace_id, channel_id))
    if row is None or row.archived_at is not None:
        raise not_found("channel")
    return row


async def _answered_by(session: AsyncSession, row: Channel) -> list[str]:
    """The names of the forms whose submissions are answered by this channel."""
    statement = select(Channel.name).where(
        Channel.workspace_id == row.workspace_id,
        Channel.archived_at.is_(None),
        Channel.settings[channel_settings.REPLY_CHANNEL].astext == str(row.id),
    )
    return [repr(name) for name in await session.scalars(statement)]


async def _save(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise conflict("another channel receives mail for this address") from None


def _shown(gateway: Gateway, row: Channel, mailbox: MailboxOut | None = None) -> ChannelOut:
    public_url = gateway.settings.public_url
    base = (public_url or "").rstrip("/")
    if row.kind == "chat":
        base = base.replace("http", "ws", 1)
    adapter = adapter_for(row.kind, row.provider)
    smtp_host = (urlsplit(public_url).hostname if public_url else None) or gateway.settings.host
    return ChannelOut(
        id=row.id,
        kind=row.kind,
        provider=row.provider,
        name=row.name,
        address=row.address,
        public_key=row.public_key,
        door=f"{base}{path_of(adapter, row.public_key)}",
        smtp_door=f"{smtp_host}:{gateway.settings.smtp_port}" if adapter.has_smtp_door else None,
        mailbox=mailbox,
        settings=row.settings,
        secrets_set=sorted(gateway.box.open(row.secrets)),
        created_at=row.created_at,
    )
