"""One attempt: from a claimed delivery to the channel's provider, and what came of it."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import structlog

from channels.contract import Attachment, EmailHeaders, OutboundMessage, Sent
from channels.errors import Failure, SendFailed
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database import schema
from gateway.database.connections import Database
from gateway.delivery.claims import Claimed
from gateway.delivery.faults import told
from gateway.delivery.outcomes import Outcome, RetryPolicy, refused, taken
from gateway.delivery.outlets import Outlets
from gateway.doors.addresses import status_url
from gateway.files.blobs import BlobStore
from gateway.files.bucket import StoreUnavailable
from gateway.files.finding import Scanned, select_scanned

OPTED_OUT = (
    "the recipient has opted out: by STOP, and gets nothing until they send START, "
    "or of automatic mail"
)

log = structlog.get_logger(__name__)


class Sender:
    """Makes attempts. Whatever happens in one becomes its outcome; only cancellation passes."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        blobs: BlobStore,
        http: httpx.AsyncClient,
        policy: RetryPolicy,
        timeout_s: float,
        public_url: str | None = None,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._blobs = blobs
        self._http = http
        self._policy = policy
        self._timeout_s = timeout_s
        self._public_url = public_url
        self._outlets = Outlets()

    async def close(self) -> None:
        """End the connections that were kept."""
        await self._outlets.close()

    async def attempt(self, claimed: Claimed) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout_s):
                return taken(await self._send(claimed))
        except SendFailed as error:
            failed = error
        except TimeoutError:
            failed = SendFailed(Failure.UNREACHABLE, f"no answer in {self._timeout_s:g} seconds")
        except Exception as error:  # noqa: BLE001 - an adapter's bug must not end the worker
            failed = _unexpected(error, claimed)
        return refused(failed, claimed.tries, self._policy, random.random())  # noqa: S311 - jitter

    async def _send(self, claimed: Claimed) -> Sent:
        if claimed.tries > self._policy.max_attempts:
            raise SendFailed(Failure.UNAVAILABLE, "given up: no worker survived the last attempt")
        if claimed.is_unwanted:
            raise SendFailed(Failure.BAD_RECIPIENT, OPTED_OUT, code="opted_out")
        channel = await self._channel(claimed)
        outbound = await self._outlets.of(channel.adapter)
        if outbound is None:
            raise SendFailed(Failure.MISCONFIGURED, "nothing can be sent over this channel")
        message = outbound_message(claimed, await self._attachments(claimed))
        message = replace(
            self._linked(message, channel.workspace_id) if claimed.automatic else message,
            status_url=status_url(self._public_url, channel, claimed.delivery_id),
            unsubscribe_url=self._unsubscribe_url(claimed, channel),
        )
        return await outbound.send(message, channel.config, self._http)

    def _linked(self, message: OutboundMessage, workspace_id: int) -> OutboundMessage:
        """With links of surveys that work; in what is ours alone: anybody can write a stand-in."""
        links = self._configuration.workspace(workspace_id).survey_links
        html = None if message.html is None else links.signed(message.html, workspace_id)
        return replace(message, text=links.signed(message.text, workspace_id), html=html)

    def _unsubscribe_url(self, claimed: Claimed, channel: ConfiguredChannel) -> str | None:
        if self._public_url is None or claimed.subscriber_id is None:
            return None
        links = self._configuration.workspace(channel.workspace_id).unsubscribe_links
        return links.url(self._public_url, channel.public_key, claimed.subscriber_id)

    async def _channel(self, claimed: Claimed) -> ConfiguredChannel:
        """Return the channel as this process knows it; one that is newer than that is asked for."""
        channel = None if claimed.is_archived else self._known(claimed)
        if channel is None and not claimed.is_archived:
            await self._configuration.refresh()
            channel = self._known(claimed)
        if channel is None:
            raise SendFailed(Failure.MISCONFIGURED, "the channel is archived")
        return channel

    def _known(self, claimed: Claimed) -> ConfiguredChannel | None:
        return self._configuration.channel(claimed.workspace_id, claimed.channel_id)

    async def _attachments(self, claimed: Claimed) -> tuple[Attachment, ...]:
        if not claimed.has_attachments:
            return ()
        statement = select_scanned(claimed.workspace_id).where(
            schema.Attachment.message_id == claimed.message_id,
            schema.Attachment.sha256.is_not(None),
        )
        async with self._database.transaction() as session:
            files = [Scanned(*row) for row in await session.execute(statement)]
        if any(file.scan == "infected" for file in files):
            raise SendFailed(Failure.REJECTED, "the virus scanner found a virus in a file of it")
        try:
            return tuple([await self._file(file.attachment) for file in files])
        except StoreUnavailable as error:
            raise SendFailed(Failure.UNAVAILABLE, str(error)) from error

    async def _file(self, row: schema.Attachment) -> Attachment:
        content = await self._blobs.read(row.workspace_id, row.sha256 or b"")
        return Attachment(row.filename, row.content_type, content, row.inline, row.content_id)


def outbound_message(claimed: Claimed, attachments: tuple[Attachment, ...]) -> OutboundMessage:
    return OutboundMessage(
        delivery_id=claimed.delivery_id,
        recipient=claimed.recipient,
        text=claimed.text,
        subject=claimed.subject,
        sender_name=claimed.sender_name,
        email=_headers(claimed.email) if claimed.email is not None else None,
        attachments=attachments,
        html=claimed.html,
        automatic=claimed.automatic,
    )


def _headers(stored: Mapping[str, Any]) -> EmailHeaders:
    return EmailHeaders(
        message_id=stored.get("message_id"),
        in_reply_to=stored.get("in_reply_to"),
        references=tuple(stored.get("references") or ()),
        reply_to=stored.get("reply_to"),
        to=tuple(stored.get("to") or ()),
        cc=tuple(stored.get("cc") or ()),
    )


def _unexpected(error: Exception, claimed: Claimed) -> SendFailed:
    """Temporary, since a mended adapter or a returned database sends it after all.

    The error's own text may quote the message: only its type and where it arose are told.
    """
    log.error(
        "delivery.unexpected",
        delivery=str(claimed.delivery_id),
        channel=str(claimed.channel_id),
        **told(error),
    )
    return SendFailed(Failure.UNAVAILABLE, f"unexpected {type(error).__name__}")
