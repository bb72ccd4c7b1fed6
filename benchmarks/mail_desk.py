"""A gateway as its customers and its agents meet it: mail and texts in by the doors, API out."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiosmtplib
import httpx
from benchmarks.mail_cases import sender_of
from tests.channels.sms.twilio_payloads import signature

PATIENCE_S = 5.0
"""How long a message may take from the door to the API."""

ACCOUNT = "AC" + "0" * 32
TOKEN = "not-a-secret"  # noqa: S105 - of a gateway that lives for minutes

_STORED = re.compile(r"Stored as ([0-9a-f-]{36})")

Json = dict[str, Any]


class NotStored(Exception):  # noqa: N818 - says what
    """The gateway did not take the case, or did not show it in time."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`http` carries an admin's key; `smtp_port` is the SMTP door's on this machine."""

    http: httpx.AsyncClient
    smtp_port: int

    async def new_mailbox(self, name: str) -> Json:
        address = f"{name}@mailbox.example"
        body = {"kind": "email", "name": name, "address": address}
        return await self._json("POST", "/v1/channels", json=body)

    async def new_number(self, number: int) -> Json:
        body = {
            "kind": "sms",
            "name": f"Number {number}",
            "address": f"+1500{number:07}",
            "settings": {"account_sid": ACCOUNT},
            "secrets": {"auth_token": TOKEN},
        }
        return await self._json("POST", "/v1/channels", json=body)

    async def mail(self, raw: bytes, mailbox: Json) -> Json:
        """Deliver one mail by SMTP; returns the message that the API then shows.

        Raises:
            NotStored: the door refused it, or put it into quarantine.
        """
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=self.smtp_port, timeout=PATIENCE_S, start_tls=False
        )
        try:
            async with client:
                _, answer = await client.sendmail(sender_of(raw), [mailbox["address"]], raw)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotStored(f"SMTP: {error}") from error
        stored = _STORED.search(answer)
        if stored is None:
            raise NotStored(f"SMTP: {answer}")
        return await self._json("GET", f"/v1/messages/{stored[1]}")

    async def post(self, fields: Mapping[str, str], channel: Json) -> str:
        """Post one text message as Twilio does, signed; returns its MessageSid.

        Raises:
            NotStored: the door refused it.
        """
        sid = fields.get("MessageSid") or fields.get("SmsSid") or f"SM{uuid4().hex}"
        given = {"MessageSid": sid, "NumMedia": "0", **fields}
        form = given | {"To": channel["address"], "AccountSid": ACCOUNT}
        if fields.get("To", "").startswith("whatsapp:"):
            form["To"] = f"whatsapp:{channel['address']}"
        url = str(self.http.base_url.join(channel["door"]))
        headers = {"X-Twilio-Signature": signature(url, list(form.items()), TOKEN)}
        answer = await self.http.post(url, data=form, headers=headers)
        if answer.status_code != 200:
            raise NotStored(f"Twilio's door: {answer.status_code} {answer.text}")
        return sid

    async def newest_in(self, channel: Json, known: frozenset[str]) -> Json:
        """The message of a channel that is not yet known, as soon as the API shows it.

        Raises:
            NotStored: none came in time.
        """
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            new = [each for each in await self.messages_in(channel) if each["id"] not in known]
            if new:
                return new[-1]
            await asyncio.sleep(0.05)
        raise NotStored(f"nothing new in {channel['name']} within {PATIENCE_S} s")

    async def messages_in(self, channel: Json) -> list[Json]:
        """The customers' messages in those of the newest conversations that are the channel's."""
        page = await self._json("GET", "/v1/conversations?limit=100")
        return [
            message
            for item in page["items"]
            if item["channel"] == channel["id"]
            for message in await self.messages_of(item["id"])
            if message["direction"] == "inbound"
        ]

    async def messages_of(self, conversation: str) -> list[Json]:
        messages: list[Json] = []
        path = f"/v1/conversations/{conversation}/messages?limit=100"
        while True:
            page = await self._json("GET", f"{path}&after={len(messages)}")
            messages += page["items"]
            if page["next"] is None:
                return messages

    async def count_messages(self) -> int:
        """How many messages all conversations have."""
        count = 0
        cursor = ""
        while True:
            page = await self._json("GET", f"/v1/conversations?limit=100{cursor}")
            count += sum(int(item["message_count"]) for item in page["items"])
            if page["next"] is None:
                return count
            cursor = f"&cursor={page['next']}"

    async def _json(self, method: str, path: str, **request: Any) -> Json:
        answer = await self.http.request(method, path, **request)
        if answer.is_error:
            raise NotStored(f"{method} {path}: {answer.status_code} {answer.text}")
        document: Json = answer.json()
        return document
