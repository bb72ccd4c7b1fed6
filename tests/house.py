"""A whole gateway in this process: real sockets, a real database, a client for each door."""

import asyncio
import secrets as random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import aiosmtplib
import httpx
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect

from gateway.access.secret_box import SecretBox, new_key
from gateway.access.tokens import Role, issue
from gateway.composition import Gateway
from gateway.database.connections import Database
from gateway.database.schema import Agent, Queue
from gateway.doors.provider_urls import ProviderUrls
from gateway.first_start import create_workspace, starting_channels
from gateway.ids import new_id
from gateway.serving import Server
from gateway.settings import Settings

TWILIO_FORM = "application/x-www-form-urlencoded"
JSON = dict[str, Any]


@dataclass
class Team:
    """One workspace, with a channel of each kind, an admin's key and an agent's token."""

    workspace_id: int
    keys: dict[str, str]
    twilio: dict[str, str]
    admin: str
    agent: str
    agent_id: UUID
    first_level: UUID
    second_level: UUID
    mailbox: str


async def make_team(database: Database, box: SecretBox, name: str) -> Team:
    async with database.transaction() as session:
        workspace = await create_workspace(session, name)
        channels = starting_channels(workspace.id, box)
        for channel in channels:
            if channel.kind == "email":
                channel.address = f"support@{name}.test"
        session.add_all(channels)
        agent = Agent(workspace_id=workspace.id, id=new_id(), name="Ada", email="ada@example.com")
        session.add(agent)
        await session.flush()
        admin = await issue(session, workspace.id, name="admin", role=Role.ADMIN)
        token = await issue(session, workspace.id, name="Ada", role=Role.AGENT, agent_id=agent.id)
        queues = list(
            await session.scalars(
                select(Queue).where(Queue.workspace_id == workspace.id).order_by(Queue.level)
            )
        )
    sms = next(channel for channel in channels if channel.kind == "sms")
    return Team(
        workspace_id=workspace.id,
        keys={channel.kind: channel.public_key for channel in channels},
        twilio={**sms.settings, **box.open(sms.secrets)},
        admin=admin.secret,
        agent=token.secret,
        agent_id=agent.id,
        first_level=queues[0].id,
        second_level=queues[1].id,
        mailbox=f"support@{name}.test",
    )


@dataclass
class House:
    """A serving gateway and one team in it."""

    gateway: Gateway
    http: httpx.AsyncClient
    team: Team
    url: str
    smtp_port: int

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.gateway.database.transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def count(self, table: str) -> int:
        [[number]] = await self.rows(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(number)

    async def another_team(self, name: str) -> Team:
        team = await make_team(self.gateway.database, self.gateway.box, name)
        await self.gateway.configuration.refresh()
        return team

    async def colleague(self, name: str) -> str:
        """Another agent of the team: the token."""
        workspace_id = self.team.workspace_id
        async with self.gateway.database.transaction() as session:
            email = f"{name.replace(' ', '.')}@example.com"
            agent = Agent(workspace_id=workspace_id, id=new_id(), name=name, email=email)
            session.add(agent)
            await session.flush()
            token = await issue(
                session, workspace_id, name=name, role=Role.AGENT, agent_id=agent.id
            )
        return token.secret

    async def post_form(
        self, *, team: Team | None = None, headers: dict[str, str] | None = None, **fields: Any
    ) -> httpx.Response:
        body = {"email": "ann@example.com", "message": "Where is my parcel?", **fields}
        key = (team or self.team).keys["web_form"]
        return await self.http.post(f"/in/forms/{key}", json=body, headers=headers)

    async def post_sms(
        self, *, team: Team | None = None, sign: bool = True, **fields: str
    ) -> httpx.Response:
        team = team or self.team
        form = {
            "AccountSid": team.twilio["account_sid"],
            "MessageSid": f"SM{random.token_hex(16)}",
            "From": "+393331234567",
            "To": "+15005550006",
            "Body": "Where is my parcel?",
            **fields,
        }
        url = f"{self.url}/in/twilio/{team.keys['sms']}"
        signature = RequestValidator(team.twilio["auth_token"]).compute_signature(url, form)
        headers = {
            "X-Twilio-Signature": signature if sign else "bogus",
            "Content-Type": TWILIO_FORM,
        }
        return await self.http.post(url, content=urlencode(form), headers=headers)

    async def send_mail(self, mail: EmailMessage | bytes, *, to: str | None = None) -> str:
        """Returns the server's last line."""
        recipients = [to or self.team.mailbox]
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.smtp_port, start_tls=False)
        async with client:
            sender = "ann@example.com"
            content = mail if isinstance(mail, bytes) else mail.as_bytes()
            _, answer = await client.sendmail(sender, recipients, content)
        return answer

    @asynccontextmanager
    async def visitor(self, *, team: Team | None = None, **hello: Any) -> AsyncIterator["Visitor"]:
        key = (team or self.team).keys["chat"]
        async with connect(f"{self.url.replace('http', 'ws')}/chat/{key}") as socket:
            visitor = Visitor(socket)
            await visitor.say_hello(**hello)
            yield visitor

    async def get(self, path: str, token: str | None = None, **query: Any) -> Any:
        response = await self.http.get(path, params=query, headers=bearer(token or self.team.admin))
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: JSON | None = None, token: str | None = None) -> Any:
        headers = bearer(token or self.team.agent)
        response = await self.http.post(path, json=body, headers=headers)
        assert response.is_success, response.text
        return response.json()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Visitor:
    """The widget's side of a chat."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: JSON = {}
        self.messages: list[JSON] = []

    async def say_hello(self, **fields: Any) -> None:
        await self.send(t="hello", v=1, **fields)
        self.welcome = await self.receive("welcome")

    async def send(self, **frame: Any) -> None:
        await self.socket.send(httpx.Request("POST", "http://x", json=frame).content.decode())

    async def receive(self, kind: str) -> JSON:
        """The next frame of a kind; messages on the way are kept."""
        async with asyncio.timeout(10):
            while True:
                frame: JSON = httpx.Response(200, content=await self.socket.recv()).json()
                if frame["t"] == "message":
                    self.messages.append(frame)
                if frame["t"] == kind:
                    return frame

    async def say(self, id_: str, words: str) -> JSON:
        await self.send(t="message", id=id_, text=words)
        return await self.receive("ack")


def make_mail(words: str = "Where is my parcel?", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = headers.pop("From", "Ann <ann@example.com>")
    mail["To"] = headers.pop("To", "support@house.test")
    mail["Subject"] = headers.pop("Subject", "Parcel")
    mail["Message-ID"] = headers.pop("Message_ID", f"<{random.token_hex(8)}@example.com>")
    mail["Date"] = headers.pop("Date", "Mon, 02 Nov 2026 10:00:00 +0000")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail


@asynccontextmanager
async def serving(dsn: str, **settings: Any) -> AsyncIterator[House]:
    """Serve on free ports during the block, as `sportello serve` does.

    Among the settings, `urls` is how the gateway goes to providers' URLs.
    """
    key = new_key()
    chosen = {"port": 0, "smtp_port": 0, "poll_interval_s": 0.5, "worker": False, **settings}
    box = SecretBox(key)
    urls: ProviderUrls | None = chosen.pop("urls", None)
    database = Database(dsn, pool_size=chosen.pop("pool_size", 10))
    team = await make_team(database, box, "house")
    told = Settings(_env_file=None, database_url=dsn, secret_key=key, **chosen)
    gateway = Gateway(told, database, box, urls)
    server = Server(gateway)
    task = asyncio.create_task(server.serve())
    opened = asyncio.create_task(server.opened.wait())
    await asyncio.wait({task, opened}, return_when=asyncio.FIRST_COMPLETED)
    assert opened.done(), "the server did not start"
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
            await smtp_open(gateway)
            yield House(gateway, http, team, server.url, gateway.smtp.port)
    finally:
        server.stop()
        with suppress(asyncio.CancelledError):
            await task
        await database.close()


async def smtp_open(gateway: Gateway) -> None:
    async with asyncio.timeout(5):
        await gateway.smtp.opened.wait()
