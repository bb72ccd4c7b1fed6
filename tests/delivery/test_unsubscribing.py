"""Automatic mail can be ended by its recipient; what people write still reaches them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.answers.test_acknowledgements import (
    acknowledging,
    change,
    channel_id,
    outbound,
    verdicts,
)
from tests.delivery.providers import MailServer, mail_server
from tests.house import House, make_mail, serving

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@asynccontextmanager
async def writing_to(dsn: str) -> AsyncIterator[tuple[House, MailServer]]:
    """A gateway that acknowledges mail, and the server that its mail goes to."""
    async with (
        mail_server() as server,
        serving(dsn, worker=True, public_url="https://help.test") as house,
    ):
        await acknowledging(house)
        path = f"/v1/channels/{await channel_id(house, 'email')}"
        await change(house, path, settings=server.settings)
        yield house, server


async def sent(house: House, server: MailServer, number: int) -> Any:
    """The mail of that number, once all are sent."""
    async with asyncio.timeout(10):
        while True:
            states = {each.state for each in await outbound(house)}
            if len(server.mails) == number and not states & {"queued", "sending"}:
                return server.mails[-1]
            await asyncio.sleep(0.05)


async def answer(house: House) -> None:
    [conversation] = (await house.get("/v1/conversations"))["items"]
    path = f"/v1/conversations/{conversation['id']}"
    await house.post(f"{path}/take")
    await house.post(f"{path}/replies", {"text": "It is on its way."})


def link_in(mail: Any) -> str:
    """The path of the mail's link."""
    url = mail["List-Unsubscribe"].strip("<>")
    assert url.startswith("https://help.test/unsubscribe/")
    return str(urlsplit(url).path)


async def opted_out(house: House) -> list[str]:
    [contact] = (await house.get("/v1/contacts"))["items"]
    return list(contact["identities"][0]["opted_out"])


async def test_one_click_ends_automatic_mail_alone(dsn: str) -> None:
    async with writing_to(dsn) as (house, server):
        await house.send_mail(make_mail())
        mail = await sent(house, server, 1)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = link_in(mail)
        done = await house.http.post(path, data=ONE_CLICK)
        assert (done.status_code, "no more automatic mail" in done.text) == (200, True)
        assert await opted_out(house) == [await channel_id(house, "email")]
        await answer(house)
        personal = await sent(house, server, 2)
        assert personal["List-Unsubscribe"] is None
        await house.rows("UPDATE conversation SET status = 'closed', closed_at = now() RETURNING 1")
        await house.send_mail(make_mail(Subject="Another"))
        assert await verdicts(house) == ["sent", "opted_out"]
        await house.http.post(path, data={"action": "start"})
        assert await opted_out(house) == []


async def test_what_waits_already_is_not_sent(dsn: str) -> None:
    async with writing_to(dsn) as (house, server):
        await house.send_mail(make_mail())
        path = link_in(await sent(house, server, 1))
        await house.rows("UPDATE delivery SET due_at = now() + interval '1 day' RETURNING 1")
        await house.http.post(path, data=ONE_CLICK)
        await house.rows("UPDATE delivery SET state = 'queued', due_at = now() RETURNING 1")
        await sent(house, server, 1)
        [delivery] = (await house.get("/v1/deliveries"))["items"]
        assert (delivery["state"], delivery["failure"]) == ("failed", "bad_recipient")
        assert "automatic mail" in delivery["detail"]


async def test_who_only_looks_changes_nothing(dsn: str) -> None:
    async with writing_to(dsn) as (house, server):
        await house.send_mail(make_mail())
        path = link_in(await sent(house, server, 1))
        for method in ("GET", "HEAD"):
            page = await house.http.request(method, path, headers={"Accept-Language": "it"})
            assert page.status_code == 200
        page = await house.http.get(path)
        assert '<button name="action" value="stop">' in page.text
        assert "support@house.test" in page.text
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert (await house.http.delete(path)).status_code == 405
        assert await opted_out(house) == []


async def test_a_link_cannot_be_made_by_others(dsn: str) -> None:
    async with writing_to(dsn) as (house, server):
        await house.send_mail(make_mail())
        path = link_in(await sent(house, server, 1))
        *_, key, token = path.split("/")
        other = house.team.keys["web_form"]
        last = "A" if token[-2] != "A" else "B"
        for forged in (
            f"{other}/{token}",
            f"{key}/{token[:-2]}{last}{token[-1]}",
            f"{key}/",
            "x/y",
        ):
            response = await house.http.post(f"/unsubscribe/{forged}", data=ONE_CLICK)
            assert response.status_code == 404
        assert await opted_out(house) == []
