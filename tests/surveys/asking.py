"""A gateway that asks customers how they were served, and the server that its mail goes to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.answers.test_acknowledgements import change, channel_id
from tests.delivery.providers import MailServer, mail_server
from tests.house import House, make_mail, serving

PUBLIC = "https://help.test"
AFTER: dict[str, Any] = {
    "name": "After solving",
    "kind": "csat",
    "delay_s": 0,
    "cap_days": 30,
    "enabled": True,
}


@asynccontextmanager
async def asking(dsn: str, **survey: Any) -> AsyncIterator[tuple[House, MailServer]]:
    async with (
        mail_server() as server,
        serving(dsn, worker=True, public_url=PUBLIC) as house,
    ):
        path = f"/v1/channels/{await channel_id(house, 'email')}"
        await change(house, path, settings=server.settings)
        await change(house, "/v1/surveys", "POST", **{**AFTER, **survey})
        yield house, server


async def solved(house: House, **mail: str) -> str:
    """A conversation by mail that was answered and solved; its id."""
    await house.send_mail(make_mail(**mail))
    item = (await house.get("/v1/conversations", status="queued"))["items"][0]
    path = f"/v1/conversations/{item['id']}"
    await house.post(f"{path}/take")
    await house.post(f"{path}/replies", {"text": "It is on its way."})
    await house.post(f"{path}/solve")
    return str(item["id"])


async def asked(house: House, conversation: str) -> dict[str, Any]:
    """What the survey has done about it, once it has."""
    async with asyncio.timeout(20):
        while True:
            found: list[dict[str, Any]] = await house.get(
                f"/v1/conversations/{conversation}/surveys"
            )
            if found:
                return found[0]
            await asyncio.sleep(0.1)


async def close_all(house: House) -> None:
    await house.rows("UPDATE conversation SET status = 'closed', closed_at = now() RETURNING id")


def body(server: MailServer, number: int, kind: Literal["plain", "html"]) -> str:
    part = server.mails[number - 1].get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def link(server: MailServer, number: int = 2) -> str:
    """The path in the mail of that number, once it has come."""
    async with asyncio.timeout(20):
        while True:
            if len(server.mails) >= number:
                break
            await asyncio.sleep(0.05)
    text = body(server, number, "plain")
    [url] = [line for line in text.split() if line.startswith(PUBLIC)]
    return str(urlsplit(url).path)
