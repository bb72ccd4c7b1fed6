"""The senders: each speaks to one door as the world outside would."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import aiosmtplib
import httpx
import orjson
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect

from channels.chat import VERSION, ClientFrame, ClientMessage, Hello, Pong, Seen, encode
from gateway.demo.api import Api, accepted
from gateway.demo.backstage import Backstage
from gateway.demo.failure import DemoFailed

KINDS = ("email", "sms", "web_form", "chat")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Sending:
    """One accepted delivery.

    `key` is the sender's own identifier, the same in a repetition. `is_known` is the door's word
    on whether it had the message already; None where its answer does not tell.
    """

    door: str
    key: str
    is_known: bool | None


@dataclass(frozen=True, slots=True)
class Places:
    """Where the doors are; `signed_url` is the one that Twilio would sign."""

    url: str
    smtp_host: str
    smtp_port: int
    mailbox: str
    number: str
    keys: dict[str, str]
    signed_url: str
    account_sid: str
    auth_token: str = field(repr=False)


async def find_places(url: str, admin: Api, backstage: Backstage) -> Places:
    """Read from the API where to send; Twilio's token, which it never tells, from backstage.

    Raises:
        DemoFailed: a channel is missing or incomplete.
    """
    oldest: dict[str, Any] = {}
    for channel in await admin.get("/v1/channels"):
        oldest.setdefault(channel["kind"], channel)
    if missing := [kind for kind in KINDS if kind not in oldest]:
        raise DemoFailed(f"there is no channel for {', '.join(missing)}: POST /v1/channels first")
    sms = oldest["sms"]
    token = (await backstage.secrets_of(UUID(sms["id"]))).get("auth_token")
    if not token or "account_sid" not in sms["settings"]:
        raise DemoFailed(f"channel {sms['name']!r} has no account_sid or no auth_token yet")
    return Places(
        url=url,
        smtp_host=urlsplit(url).hostname or "127.0.0.1",
        smtp_port=int(oldest["email"]["smtp_door"].rpartition(":")[2]),
        mailbox=oldest["email"]["address"],
        number=sms["address"],
        keys={kind: channel["public_key"] for kind, channel in oldest.items()},
        signed_url=sms["door"] if sms["door"].startswith("http") else url + sms["door"],
        account_sid=sms["settings"]["account_sid"],
        auth_token=token,
    )


def new_mail(sender: str, places: Places, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = places.mailbox
    mail["Subject"] = subject
    mail["Message-ID"] = make_msgid(domain="example.com")
    mail.set_content(text)
    return mail


def answer_to(mail: EmailMessage, text: str) -> EmailMessage:
    """A later mail of the same writer in the same thread (RFC 5322, section 3.6.4)."""
    answer = EmailMessage()
    answer["From"], answer["To"] = mail["From"], mail["To"]
    answer["Subject"] = f"Re: {mail['Subject']}"
    answer["Message-ID"] = make_msgid(domain="example.com")
    answer["In-Reply-To"] = answer["References"] = mail["Message-ID"]
    answer.set_content(text)
    return answer


class Doors:
    """The doors that take a message and answer. The chat's is a `Visitor`'s."""

    def __init__(self, http: httpx.AsyncClient, places: Places) -> None:
        self._http = http
        self.places = places
        self._stored_as: set[str] = set()

    async def mail(self, mail: EmailMessage) -> Sending:
        """One SMTP session. The door's last line names what the mail is stored as."""
        places = self.places
        try:
            async with aiosmtplib.SMTP(
                hostname=places.smtp_host, port=places.smtp_port, timeout=10
            ) as session:
                _, answer = await session.send_message(mail)
        except (aiosmtplib.SMTPException, OSError) as error:
            where = f"{places.smtp_host}:{places.smtp_port}"
            raise DemoFailed(f"the SMTP door at {where} did not take a mail: {error}") from error
        is_known = answer in self._stored_as
        self._stored_as.add(answer)
        return Sending("email", mail["Message-ID"], is_known)

    async def sms(self, sender: str, sid: str, text: str) -> Sending:
        """Twilio's webhook, signed with the channel's own token."""
        places = self.places
        form = {
            "AccountSid": places.account_sid,
            "MessageSid": sid,
            "From": sender,
            "To": places.number,
            "Body": text,
        }
        signature = RequestValidator(places.auth_token).compute_signature(places.signed_url, form)
        headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
        path = f"/in/twilio/{places.keys['sms']}"
        accepted(await self._http.post(path, content=urlencode(form), headers=headers))
        return Sending("sms", sid, is_known=None)

    async def form(self, fields: dict[str, str]) -> Sending:
        """A page's form; `submission_id` makes a double click harmless."""
        path = f"/in/forms/{self.places.keys['web_form']}"
        answer = accepted(await self._http.post(path, json=fields)).json()
        return Sending("web_form", fields["submission_id"], is_known=answer["duplicate"])


class Visitor:
    """The website's side of a chat."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.address = ""

    async def greet(self) -> None:
        await self._send(Hello(VERSION))
        self.address = (await self._receive("welcome"))["visitor"]

    async def say(self, text: str, id_: str) -> Sending:
        """Say something; returns once it is stored."""
        await self._send(ClientMessage(id_, text))
        ack = await self._receive("ack")
        return Sending("chat", id_, is_known=ack["duplicate"])

    async def hear(self) -> str:
        """Wait for the next words of an agent, and acknowledge them."""
        while (message := await self._receive("message"))["direction"] != "outbound":
            continue
        await self._send(Seen(message["seq"]))
        return str(message["text"])

    async def _send(self, frame: ClientFrame) -> None:
        await self._socket.send(encode(frame))

    async def _receive(self, kind: str) -> dict[str, Any]:
        while True:
            frame: dict[str, Any] = orjson.loads(await self._socket.recv())
            if frame["t"] == kind:
                return frame
            if frame["t"] == "ping":
                await self._send(Pong())
            if frame["t"] == "err":
                raise DemoFailed(f"the chat refused a frame: {frame['detail']}")


@asynccontextmanager
async def visit(places: Places) -> AsyncIterator[Visitor]:
    """Open the chat as a new visitor during the block."""
    async with connect(
        f"{places.url.replace('http', 'ws', 1)}/chat/{places.keys['chat']}"
    ) as socket:
        visitor = Visitor(socket)
        await visitor.greet()
        yield visitor


def new_phone() -> str:
    """A number of the range that is kept for stories (555-0100 to 555-0199 in any area)."""
    area, line = 201 + secrets.randbelow(700), secrets.randbelow(100)
    return f"+1{area}55501{line:02}"
