"""The embedded chat, in a real browser: what is said arrives, whatever happens to the page."""

import asyncio
from typing import Any, Literal

import pytest
from playwright.async_api import Page, WebSocketRoute, expect
from tests.browser.website import Website, serious_issues
from tests.house import House, bearer

from channels.chat import user_hash

pytestmark = pytest.mark.browser


async def configure(house: House, secret: str = "", **settings: str) -> None:
    headers = bearer(house.team.admin)
    channels = (await house.http.get("/v1/channels", headers=headers)).json()
    [chat] = [channel for channel in channels if channel["kind"] == "chat"]
    secrets = {"identity_secret": secret} if secret else {}
    body: dict[str, Any] = {"settings": settings, "secrets": secrets}
    answer = await house.http.patch(f"/v1/channels/{chat['id']}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def say(page: Page, words: str) -> None:
    await page.get_by_label("Your message").press_sequentially(words)
    await page.keyboard.press("Enter")


async def agent(house: House, what: str, body: dict[str, Any] | None = None) -> None:
    [item] = (await house.get("/v1/conversations"))["items"]
    url = f"/v1/conversations/{item['id']}/{what}"
    answer = await house.http.post(url, json=body, headers=bearer(house.team.agent))
    assert answer.is_success, answer.text


async def eventually(house: House, statement: str, value: object) -> None:
    """Wait until the only value that a statement finds is this one."""
    async with asyncio.timeout(10):
        while await house.rows(statement) != [(value,)]:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.02)


async def test_a_conversation_and_a_reload(house: House, website: Website) -> None:
    website.embed("chat.js", "chat")
    page = await website.visit()
    await page.get_by_role("button", name="Open the chat").click()
    await expect(page.get_by_label("Your message")).to_be_focused()
    await say(page, "Where is my parcel? <b>Hurry</b>")
    await expect(page.get_by_text("· Sent")).to_be_visible()
    await agent(house, "take")
    await expect(page.get_by_text("Ada is here")).to_be_visible()
    await agent(house, "typing", {"on": True})
    await expect(page.get_by_text("Ada is writing…")).to_be_visible()
    await agent(house, "read", {"seq": 1})
    await expect(page.get_by_text("· Read")).to_be_visible()
    await agent(house, "replies", {"text": "See https://example.com/track?n=1 please."})
    await expect(page.get_by_role("link", name="https://example.com/track?n=1")).to_be_visible()
    await expect(page.get_by_text("Ada is writing…")).to_have_count(0)
    await website.shoot(page, "chat-wide-light")
    await page.reload()
    await page.get_by_role("button", name="Open the chat").click()
    await expect(page.get_by_text("<b>Hurry</b>")).to_be_visible()
    await expect(page.locator(".item")).to_have_count(2)
    await say(page, "Thank you")
    await expect(page.get_by_text("· Sent")).to_be_visible()
    assert await house.count("message") == 3
    assert await house.count("conversation") == 1


async def test_what_is_read_is_told(house: House, website: Website) -> None:
    website.embed("chat.js", "chat")
    page = await website.visit()
    await page.get_by_role("button", name="Open the chat").click()
    await say(page, "Hello?")
    await expect(page.get_by_text("· Sent")).to_be_visible()
    await page.keyboard.press("Escape")
    launch = page.get_by_role("button", name="Open the chat")
    await expect(launch).to_be_focused()
    await agent(house, "take")
    await agent(house, "replies", {"text": "Yes?"})
    await expect(page.get_by_role("button", name="Open the chat, 1 new messages")).to_be_visible()
    await eventually(house, "SELECT state FROM delivery", "delivered")
    assert await house.rows("SELECT seq FROM read_mark WHERE side = 'customer'") in ([], [(1,)])
    await launch.press("Enter")
    await expect(page.get_by_text("Yes?")).to_be_visible()
    await eventually(house, "SELECT seq FROM read_mark WHERE side = 'customer'", 2)


async def test_a_cut_line_loses_nothing(house: House, website: Website) -> None:
    """The server takes what is said, the answer is lost, and so is the connection for a while."""
    website.embed("chat.js", "chat")
    lines: list[WebSocketRoute] = []
    is_cut = False

    async def through(route: WebSocketRoute) -> None:
        if is_cut:
            await route.close(code=1013)
            return
        lines.append(route)
        server = route.connect_to_server()
        server.on_message(lambda text: None if is_cut else route.send(text))

    page = await website.visit("about:blank")
    await page.route_web_socket("**/chat/*", through)
    await page.goto(website.url)
    await page.get_by_role("button", name="Open the chat").click()
    await say(page, "One")
    await expect(page.get_by_text("· Sent")).to_be_visible()
    is_cut = True
    await say(page, "Two")
    await expect(page.get_by_text("· Sending…")).to_be_visible()
    await eventually(house, "SELECT count(*) FROM message", 2)
    await lines[-1].close(code=1013)
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await agent(house, "take")
    await agent(house, "replies", {"text": "Three"})
    is_cut = False
    await expect(page.get_by_text("Three")).to_be_visible()
    await expect(page.get_by_text("· Sent")).to_have_count(2)
    await expect(page.locator(".item")).to_have_count(3)
    assert await house.count("message") == 3


async def test_nobody_there_an_address_is_left(house: House, website: Website) -> None:
    await configure(house, online="no")
    website.embed("chat.js", "chat", language="it")
    page = await website.visit(width="narrow")
    await page.get_by_role("button", name="Apri la chat").click()
    await expect(page.get_by_text("Al momento non c'è nessuno.")).to_be_visible()
    await website.shoot(page, "chat-offline-narrow-light")
    await page.get_by_role("button", name="Salva").click()
    await expect(page.get_by_text("Scrivi un indirizzo email.")).to_be_visible()
    await page.get_by_label("Indirizzo email").fill("ada@example.com")
    await page.get_by_role("button", name="Salva").click()
    await page.get_by_label("Il tuo messaggio").fill("Ci siete?")
    await page.get_by_role("button", name="Invia").click()
    await expect(page.get_by_text("Scriveremo a ada@example.com")).to_be_visible()
    await eventually(house, "SELECT count(*) FROM message", 2)
    assert await house.rows("SELECT direction FROM message ORDER BY seq") == [
        ("inbound",),
        ("note",),
    ]
    await page.get_by_role("button", name="Inviami la conversazione").click()
    await expect(page.get_by_text("La conversazione è in viaggio")).to_be_visible()
    assert await house.rows("SELECT recipient FROM delivery") == [("ada@example.com",)]


async def test_the_page_says_who_it_is(house: House, website: Website) -> None:
    await configure(house, secret="s3cret")
    proof = user_hash("42", "s3cret")
    website.embed("chat.js", "chat", attributes=f'data-user="42" data-hash="{proof}"')
    page = await website.visit()
    await page.get_by_role("button", name="Open the chat").click()
    await say(page, "Hello?")
    await expect(page.get_by_text("· Sent")).to_be_visible()
    assert await house.rows("SELECT address FROM identity") == [("user:42",)]
    website.embed("chat.js", "chat", attributes='data-user="43" data-hash="wrong"')
    page = await website.visit()
    await page.get_by_role("button", name="Open the chat").click()
    await expect(page.get_by_text("The chat is not available.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["narrow", "wide"])
async def test_nothing_serious_stands_in_the_way(
    house: House, website: Website, width: str, scheme: Literal["light", "dark"]
) -> None:
    website.embed("chat.js", "chat")
    page = await website.visit(width=width, scheme=scheme)
    await expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    assert await serious_issues(page) == []
    await website.shoot(page, f"chat-closed-{width}-{scheme}")
    await page.get_by_role("button", name="Open the chat").click()
    await say(page, "Where is my parcel? It was to come on Monday.")
    await expect(page.get_by_text("· Sent")).to_be_visible()
    await agent(house, "take")
    await agent(house, "replies", {"text": "Good morning! I am looking for it."})
    await expect(page.get_by_text("I am looking for it.")).to_be_visible()
    await page.get_by_role("button", name="Send me this conversation").click()
    await page.wait_for_timeout(300)
    assert await serious_issues(page) == []
    await website.shoot(page, f"chat-open-{width}-{scheme}")
