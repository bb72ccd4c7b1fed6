"""`check`: what is misconfigured, and how to mend it."""

import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import select, text

from channels.addresses import is_email
from channels.contract import ChannelConfig
from channels.email.signing import DkimKey
from channels.errors import SendFailed
from gateway.access.oidc.provider import Provider
from gateway.access.oidc.refusal import LoginRefused
from gateway.access.oidc.terms import Terms, terms_of
from gateway.access.secret_box import SecretBox, SecretKeyError, secret_box
from gateway.cli.errors import setting_problem
from gateway.database.connections import Database
from gateway.database.migrations import current_and_head
from gateway.database.opening import opened
from gateway.database.schema import Channel, Mailbox, Webhook
from gateway.doors.smtp_protocol import SmtpCertificateError, tls_context
from gateway.settings import Settings

SERVER_VERSION = 150_000  # PostgreSQL 15: MERGE, and what the schema was written for


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is empty where all is well."""

    what: str
    mend: str = ""


def check() -> None:
    """Say what is misconfigured and how to mend it; exit 1 if anything is."""
    console = Console()
    findings = uvloop.run(_collect())
    for finding in findings:
        mark = "[red]✗[/]" if finding.mend else "[green]✓[/]"
        console.print(f"{mark} {finding.what}", highlight=False)
        if finding.mend:
            console.print(f"  → {finding.mend}", highlight=False)
    if any(finding.mend for finding in findings):
        raise typer.Exit(1)


async def _collect() -> list[Finding]:
    try:
        settings = Settings()
    except ValidationError as error:
        problems = (setting_problem(item["loc"], item["msg"]) for item in error.errors())
        return [Finding(problem, "correct the environment or .env") for problem in problems]
    findings = [Finding("settings are valid"), _port("HTTP", settings.host, settings.port)]
    if settings.smtp_enabled:
        findings.append(_port("SMTP", settings.host, settings.smtp_port))
        findings.append(_starttls(settings))
    findings.append(_public_url(settings))
    if terms := terms_of(settings):
        findings.append(await provider_finding(terms, settings))
    return [*findings, *[finding async for finding in _database(settings)]]


def _port(name: str, host: str, port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            mend = (
                "fine if `serve` is running already; otherwise end what listens there, "
                f"or set SPORTELLO_{'SMTP_' if name == 'SMTP' else ''}PORT"
            )
            return Finding(f"{name} port {host}:{port} cannot be opened: {error.strerror}", mend)
    return Finding(f"{name} port {host}:{port} is free")


def _starttls(settings: Settings) -> Finding:
    try:
        context = tls_context(settings.smtp_certificate, settings.smtp_certificate_key)
    except SmtpCertificateError as error:
        return Finding(str(error), "give files in PEM that belong together and can be read")
    return Finding(f"STARTTLS is {'offered' if context else 'not offered: no certificate is set'}")


def _public_url(settings: Settings) -> Finding:
    if settings.public_url is None:
        return Finding("no public URL is set: providers' signatures are checked for the URL asked")
    if not settings.public_url.startswith("https://"):
        mend = "providers sign the https URL that they post to: set SPORTELLO_PUBLIC_URL to it"
        return Finding(f"the public URL is {settings.public_url}", mend)
    return Finding(f"the public URL is {settings.public_url}")


async def provider_finding(terms: Terms, settings: Settings) -> Finding:
    """Whether people can log in by the OpenID provider."""
    what = f"the OpenID provider {terms.issuer}"
    try:
        await Provider(terms).keys()
    except LoginRefused as refusal:
        mend = "see SPORTELLO_OIDC_ISSUER, and whether this machine reaches it"
        return Finding(f"{what} cannot be used: {refusal.detail}", mend)
    if settings.public_url is None and not terms.issuer.startswith("http:"):
        mend = "set SPORTELLO_PUBLIC_URL, and register it + /v1/sessions/oidc/callback there"
        return Finding(f"{what} answers, but does not know where to send people back to", mend)
    return Finding(f"{what} answers")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        box = secret_box(settings)
    except SecretKeyError as error:
        yield Finding("the channels' secrets cannot be encrypted", str(error))
        return
    try:
        async with opened(settings, "sportello-check") as database:
            yield await _version(database.database)
            yield await _schema(database.database)
            for finding in await channel_findings(database.database, box):
                yield finding
            for finding in await webhook_findings(database.database):
                yield finding
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        mend = "start the server, or correct DATABASE_URL (postgresql://user:password@host/name)"
        yield Finding(f"the database does not answer: {error}", mend)


async def _version(database: Database) -> Finding:
    async with database.transaction() as session:
        number = int(await session.scalar(text("SHOW server_version_num")) or 0)
    if number < SERVER_VERSION:
        return Finding(f"PostgreSQL {number // 10_000} is too old", "upgrade it to 15 or newer")
    return Finding(f"PostgreSQL {number // 10_000} answers")


async def _schema(database: Database) -> Finding:
    current, head = await current_and_head(database)
    if current != head:
        return Finding(f"the schema is at {current}, not {head}", "run `sportello migrate`")
    return Finding(f"the schema is at {head}")


async def channel_findings(database: Database, box: SecretBox) -> list[Finding]:
    """What the channels lack, and whose mailbox cannot be polled."""
    async with database.transaction() as session:
        rows = list(await session.scalars(select(Channel).where(Channel.archived_at.is_(None))))
        failing = select(Mailbox).where(Mailbox.failures > 0)
        mailboxes = {row.channel_id: row for row in await session.scalars(failing)}
    polled = [_mailbox(row, mailboxes[row.id]) for row in rows if row.id in mailboxes]
    return [*(_channel(row, box) for row in rows), *polled]


async def webhook_findings(database: Database) -> list[Finding]:
    """Which webhooks are called no more, though nobody has asked for it, or fail at present."""
    async with database.transaction() as session:
        rows = await session.scalars(select(Webhook).where(Webhook.failures > 0))
        return [_webhook(row) for row in rows if row.disabled_because != "asked"]


def _webhook(row: Webhook) -> Finding:
    since = f"{row.failing_since:%Y-%m-%d %H:%M} UTC"
    mend = f"mend the receiver, or its url with PATCH /v1/webhooks/{row.id}"
    if row.disabled_because is None:
        return Finding(f"webhook {row.name!r} fails since {since}", mend)
    what = (
        "the receiver wants nothing more (410)" if row.disabled_because == "gone" else "it failed"
    )
    disabled = f"webhook {row.name!r} is disabled: {what} (failing since {since})"
    return Finding(disabled, f'{mend}, then set "enabled": true there')


def _mailbox(row: Channel, mailbox: Mailbox) -> Finding:
    last = f"{mailbox.polled_at:%Y-%m-%d %H:%M} UTC" if mailbox.polled_at else "never"
    what = f"channel {row.name!r} cannot fetch mail: {mailbox.detail} (last fetched: {last})"
    return Finding(what, f"mend its imap settings with PATCH /v1/channels/{row.id}, or the server")


def _channel(row: Channel, box: SecretBox) -> Finding:
    what = f"channel {row.name!r} ({row.kind})"
    try:
        secrets = box.open(row.secrets)
    except SecretKeyError as error:
        return Finding(f"{what} cannot read its secrets", str(error))
    missing = NEEDED.get((row.kind, row.provider), frozenset()) - {*row.settings, *secrets}
    if missing:
        mend = f"set {', '.join(sorted(missing))} with PATCH /v1/channels/{row.id}"
        verb = "send" if missing == {"smtp_host"} else "send or receive"
        return Finding(f"{what} cannot {verb}", mend)
    if row.kind == "email" and not is_email(row.address):
        mend = f"set a real address with PATCH /v1/channels/{row.id}"
        return Finding(f"{what} cannot send as {row.address!r}", mend)
    if row.kind == "email" and (mistake := _unsigned(row, secrets)):
        mend = f"correct it with PATCH /v1/channels/{row.id}, or set both DKIM names to null"
        return Finding(f"{what} cannot sign its mail: {mistake}", mend)
    return Finding(f"{what} is complete")


def _unsigned(row: Channel, secrets: Mapping[str, str]) -> str | None:
    """Why the channel's DKIM key signs nothing, where one is meant to."""
    config = ChannelConfig(row.id, "email", row.provider, row.address, row.settings, secrets)
    try:
        DkimKey.of(config)
    except SendFailed as error:
        return error.detail
    return None


NEEDED = {
    ("email", "smtp"): frozenset({"smtp_host"}),
    ("email", "imap"): frozenset({"smtp_host", "imap_host", "imap_username", "imap_password"}),
    ("email", "mailgun"): frozenset({"smtp_host", "signing_key"}),
    ("email", "sendgrid"): frozenset({"smtp_host", "verification_key"}),
    ("email", "postmark"): frozenset({"smtp_host", "webhook_username", "webhook_password"}),
    ("email", "ses"): frozenset({"smtp_host", "topic_arn"}),
    ("sms", "twilio"): frozenset({"account_sid", "auth_token"}),
    ("sms", "vonage"): frozenset({"application_id", "private_key", "signature_secret"}),
}
"""What a channel must have before it can send, and receive what its provider posts."""
