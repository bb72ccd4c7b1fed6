"""Workspaces with people and keys, served by one gateway and called over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select

from gateway.access.secret_box import SecretBox, new_key
from gateway.access.tokens import Role, issue
from gateway.app import create_app
from gateway.composition import Gateway
from gateway.database.connections import Database
from gateway.database.schema import Agent, Channel, Queue
from gateway.first_start import create_workspace, starting_channels
from gateway.ids import new_id
from gateway.retention import run_retention
from gateway.settings import Settings

NOTHING = UUID(int=7)
"""An id that nothing has."""


@dataclass
class Team:
    """One workspace. `admin` is the token of an agent who administers, `key` an admin's API key."""

    gateway: Gateway
    http: httpx.AsyncClient
    workspace_id: int
    admin: str
    admin_id: UUID
    agent: str
    agent_id: UUID
    key: str
    provider: str
    channels: dict[str, Channel]
    queues: dict[str, UUID]

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.admin}", **options.pop("headers", {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
            options["content"] = json.dumps(body)  # in ASCII: httpx has no lone surrogates
        return await self.http.request(method, path, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> Any:
        """The JSON of a successful answer."""
        return await self.ask("GET", path, **options)

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        response = await self.call(method, path, body, **options)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def submit(self, text: str = "Where is my parcel?", **fields: Any) -> Any:
        """Send the contact form; its answer."""
        key = self.channels["web_form"].public_key
        body = {"email": "carla@customer.test", "message": text, **fields}
        response = await self.http.post(f"/in/forms/{key}", json=body)
        assert response.is_success, response.text
        return response.json()

    async def mail(self, raw: bytes) -> Any:
        response = await self.http.post(
            f"/in/email/{self.channels['email'].public_key}",
            content=raw,
            headers={"Authorization": f"Bearer {self.provider}", "Content-Type": "message/rfc822"},
        )
        assert response.is_success, response.text
        return response.json()

    async def conversation_of(self, message_id: str) -> Any:
        for conversation in (await self.get("/v1/conversations"))["items"]:
            messages = await self.get(f"/v1/conversations/{conversation['id']}/messages")
            if message_id in [message["id"] for message in messages["items"]]:
                return conversation
        raise AssertionError(f"no conversation has the message {message_id}")

    async def retain(self, days: float = 0) -> dict[str, int]:
        """Run retention as if so many days had passed."""
        return await run_retention(self.gateway.database, datetime.now(UTC) + timedelta(days=days))

    async def sql(self, statement: str, *arguments: Any) -> list[Any]:
        connection = await self.gateway.database.connect()
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()


def mail_of(
    text: str = "Good day",
    *,
    sender: str | None = "Carla Neri <carla@customer.test>",
    subject: str = "Order 1234",
    attachment: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    message = EmailMessage()
    if sender is not None:
        message["From"] = sender
    message["To"] = "support@localhost"
    message["Subject"] = subject
    message["Message-ID"] = f"<{uuid4().hex}@customer.test>"
    for name, value in (headers or {}).items():
        del message[name]
        message[name] = value
    message.set_content(text)
    if attachment is not None:
        message.add_attachment(
            attachment, maintype="application", subtype="pdf", filename='in"voice.pdf'
        )
    return message.as_bytes()


async def _found(gateway: Gateway, http: httpx.AsyncClient, name: str) -> Team:
    async with gateway.database.transaction() as session:
        workspace = await create_workspace(session, name)
        channels = starting_channels(workspace.id, gateway.box)
        for channel in channels:
            if channel.kind == "email":
                channel.address = f"support@{name}.test"
        people = [
            Agent(
                workspace_id=workspace.id,
                id=new_id(),
                name=f"{role} of {name}",
                email=f"{role}@{name}.test",
                role=role,
            )
            for role in ("admin", "agent")
        ]
        session.add_all([*channels, *people])
        await session.flush()
        tokens = [
            await issue(session, workspace.id, name="t", role=Role(who.role), agent_id=who.id)
            for who in people
        ]
        key = await issue(session, workspace.id, name="admin key", role=Role.ADMIN)
        provider = await issue(session, workspace.id, name="relay", role=Role.PROVIDER)
        queues = await session.scalars(select(Queue).where(Queue.workspace_id == workspace.id))
        return Team(
            gateway=gateway,
            http=http,
            workspace_id=workspace.id,
            admin=tokens[0].secret,
            admin_id=people[0].id,
            agent=tokens[1].secret,
            agent_id=people[1].id,
            key=key.secret,
            provider=provider.secret,
            channels={channel.kind: channel for channel in channels},
            queues={queue.name: queue.id for queue in queues},
        )


@asynccontextmanager
async def serving(database: Database, *names: str, **settings: Any) -> AsyncIterator[list[Team]]:
    """A running gateway with a workspace of each name."""
    values = {"smtp_enabled": False, "worker": False, "poll_interval_s": 0.5, **settings}
    gateway = Gateway(Settings(_env_file=None, **values), database, SecretBox(new_key()))
    transport = httpx.ASGITransport(create_app(gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        teams = [await _found(gateway, http, name) for name in names]
        async with gateway.serving():
            yield teams


ATTRIBUTE = {"name": "plan", "subject": "contact", "type": "text"}

RULE: dict[str, Any] = {
    "name": "A rule",
    "stage": "classify",
    "when": {"all": []},
    "then": {"priority": "high"},
}


async def things_of(team: Team) -> dict[str, str]:
    """One of each thing that a workspace can have, by the noun of its path."""
    mail = await team.mail(mail_of(attachment=b"%PDF"))
    conversation = await team.conversation_of(mail["message"])
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/take")
    await team.ask("POST", f"{path}/replies", {"text": "Soon"})
    messages = (await team.get(f"{path}/messages"))["items"]
    rule = await team.ask("POST", "/v1/rules", RULE)
    token = await team.ask("POST", f"/v1/agents/{team.agent_id}/tokens", {"name": "x"})
    key = await team.ask("POST", "/v1/keys", {"name": "x", "role": "agent"})
    hours: dict[str, Any] = {"name": "Office", "timezone": "Europe/Rome", "week": {}}
    calendar = await team.ask("POST", "/v1/calendars", hours)
    texts = {"en": {"text": "Dear {{contact.name|customer}}"}}
    wording = {"name": "Canned", "language": "en", "texts": texts}
    macro = await team.ask("POST", "/v1/macros", wording)
    crm = {"name": "CRM", "url": "https://localhost/in", "types": None}
    webhook = await team.ask("POST", "/v1/webhooks", crm)
    written = {"language": "en", "title": "Where is it?", "body": "On its way."}
    article = await team.ask("POST", "/v1/articles", written)
    policy = await team.ask("POST", "/v1/sla-policies", {"name": "Standard", "targets": {}})
    view = await team.ask("POST", "/v1/views", {"name": "All", "filters": {}, "shared": True})
    survey = await team.ask("POST", "/v1/surveys", {"name": "After solving", "kind": "csat"})
    holds = (await team.get(f"{path}/assignments"))["assignments"]
    return {
        "calendars": calendar["id"],
        "sla-policies": policy["id"],
        "conversations": conversation["id"],
        "articles": article["id"],
        "macros": macro["id"],
        "attributes": (await team.ask("POST", "/v1/attributes", ATTRIBUTE))["id"],
        "tags": (await team.ask("POST", "/v1/tags", {"name": "vip"}))["id"],
        "messages": messages[0]["id"],
        "attachments": messages[0]["attachments"][0]["id"],
        "deliveries": messages[1]["deliveries"][0]["id"],
        "contacts": conversation["contact"]["id"],
        "quarantine": (await team.mail(mail_of(sender=None)))["quarantine"],
        "channels": str(team.channels["chat"].id),
        "offers": holds[0]["id"],
        "queues": str(team.queues["Specialists"]),
        "agents": str(team.agent_id),
        "rules": rule["id"],
        "tokens": token["id"],
        "keys": key["id"],
        "webhooks": webhook["id"],
        "views": view["id"],
        "surveys": survey["id"],
    }
