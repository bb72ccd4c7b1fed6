"""Mails the report of each week to the team's leads, once, from Monday morning on.

Who is to get it is written down first, then each mail is claimed, sent outside of any transaction,
and noted: whoever dies in between, its claim runs out and the mail is sent again.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import EmailHeaders, OutboundMessage
from channels.errors import SendFailed
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database.connections import Database
from gateway.database.schema import Workspace
from gateway.delivery.outlets import Outlets
from gateway.figures.counting import read_basis
from gateway.reporting.page import as_html, as_text, title_of
from gateway.reporting.weeks import last_monday, leads, read_week

EVERY_S: Final = 300.0
FROM_HOUR: Final = 7
TRIES: Final = 5
TRIED_FOR: Final = timedelta(days=14)
LEASE: Final = timedelta(minutes=10)

PLAN = text("""
INSERT INTO report_mail (workspace_id, monday, agent_id) VALUES (:workspace_id, :monday, :agent_id)
ON CONFLICT DO NOTHING
""")
CLAIM = text("""
UPDATE report_mail r SET claimed_at = :now, tries = tries + 1
  FROM agent a
 WHERE (r.workspace_id, r.monday, r.agent_id) = (
       SELECT m.workspace_id, m.monday, m.agent_id FROM report_mail m
        WHERE m.sent_at IS NULL AND m.tries < :tries AND m.monday > :since
          AND (m.claimed_at IS NULL OR m.claimed_at < :lost_since)
        ORDER BY m.workspace_id, m.monday, m.agent_id LIMIT 1 FOR UPDATE SKIP LOCKED)
   AND (a.workspace_id, a.id) = (r.workspace_id, r.agent_id)
RETURNING r.workspace_id, r.monday, r.agent_id, a.email
""")
NOTE = text("""
UPDATE report_mail SET sent_at = now()
 WHERE (workspace_id, monday, agent_id) = (:workspace_id, :monday, :agent_id)
""")

log = structlog.get_logger(__name__)


class ReportMailer:
    """Runs until cancelled; any number of workers share one database."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        http: httpx.AsyncClient,
        public_url: str | None,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._http = http
        self._desk_url = f"{public_url.rstrip('/')}/desk" if public_url else None

    async def run(self) -> None:
        while True:
            await self.mail_due(datetime.now(UTC))
            await asyncio.sleep(EVERY_S)

    async def mail_due(self, now: datetime) -> int:
        """Send what is due by now; returns how many mails were tried."""
        await self._plan(now)
        tried = 0
        outlets = Outlets()
        try:
            while await self._mail_next(outlets, now):
                tried += 1
        finally:
            await outlets.close()
        return tried

    async def _plan(self, now: datetime) -> None:
        async with self._database.transaction() as session:
            wanting = list(
                await session.scalars(select(Workspace.id).where(Workspace.weekly_report))
            )
            for workspace_id in wanting:
                zone = (await read_basis(session, workspace_id)).zone
                local = now.astimezone(ZoneInfo(zone))
                if (local.weekday(), local.hour) >= (0, FROM_HOUR):
                    await _plan_week(session, workspace_id, last_monday(local.date()))

    async def _mail_next(self, outlets: Outlets, now: datetime) -> bool:
        async with self._database.transaction() as session:
            bounds = {"since": now - TRIED_FOR, "lost_since": now - LEASE}
            claim = await session.execute(CLAIM, {"now": now, "tries": TRIES, **bounds})
            row = claim.one_or_none()
        if row is None:
            return False
        workspace_id, monday, agent_id, email = row
        key = {"workspace_id": workspace_id, "monday": monday, "agent_id": agent_id}
        if await self._sent(outlets, key, email):
            async with self._database.transaction() as session:
                await session.execute(NOTE, key)
        return True

    async def _sent(self, outlets: Outlets, key: dict[str, Any], to: str) -> bool:
        workspace_id, monday = key["workspace_id"], key["monday"]
        channel = self._channel(workspace_id)
        if channel is None:
            log.warning("report.no_mail_channel", workspace=workspace_id)
            return False
        async with self._database.transaction() as session:
            report = await read_week(session, workspace_id, monday)
        message = OutboundMessage(
            delivery_id=key["agent_id"],
            recipient=to,
            text=as_text(report, self._desk_url),
            html=as_html(report, self._desk_url),
            subject=title_of(report),
            sender_name="Sportello",
            automatic=True,
            email=EmailHeaders(
                message_id=_message_id(key, channel.config.address),
                in_reply_to=None,
                references=(),
                reply_to=None,
                to=(to,),
                cc=(),
            ),
        )
        outbound = await outlets.of(channel.adapter)
        assert outbound is not None  # noqa: S101 - every mail channel sends
        try:
            await outbound.send(message, channel.config, self._http)
        except SendFailed as error:
            log.warning("report.unsent", workspace=workspace_id, failure=str(error.failure))
            return False
        return True

    def _channel(self, workspace_id: int) -> ConfiguredChannel | None:
        """The oldest mail channel that knows where to hand mail in."""
        channels = sorted(self._configuration.workspace(workspace_id).channels.items())
        mails = (each for _, each in channels if each.config.kind == "email")
        return next((each for each in mails if each.config.settings.get("smtp_host")), None)


def _message_id(key: dict[str, Any], address: str) -> str:
    """The same for the same report, so that a repetition is recognised."""
    domain = address.rpartition("@")[2] or "localhost"
    return f"weekly.{key['workspace_id']}.{key['monday']}.{key['agent_id'].hex}@{domain}"


async def _plan_week(session: AsyncSession, workspace_id: int, monday: date) -> None:
    """Whoever leads now gets it; once is enough, however often this is planned."""
    for agent in await leads(session, workspace_id):
        key = {"workspace_id": workspace_id, "monday": monday, "agent_id": agent.id}
        await session.execute(PLAN, key)
