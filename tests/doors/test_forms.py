"""The form's door: files, own fields, what guards it, its page and its script."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from tests.house import House, bearer, serving

FIELDS = '[{"name": "photo", "type": "file"}, {"name": "company", "of": "contact"}]'
FILLED = {"email": "ann@example.com", "message": "Where is my parcel?"}


async def configure(house: House, challenge_secret: str = "", **settings: str) -> Any:
    headers = bearer(house.team.admin)
    channels = (await house.http.get("/v1/channels", headers=headers)).json()
    [form] = [channel for channel in channels if channel["kind"] == "web_form"]
    secrets = {"challenge_secret": challenge_secret} if challenge_secret else {}
    body = {"settings": settings, "secrets": secrets}
    return await house.http.patch(f"/v1/channels/{form['id']}", json=body, headers=headers)


def door(house: House) -> str:
    return f"/in/forms/{house.team.keys['web_form']}"


def page(house: House) -> str:
    return f"/forms/{house.team.keys['web_form']}"


def pointers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_files_are_stored_with_the_message(house: House) -> None:
    photo = ("photo", ("parcel.png", b"\x89PNG" * 50_000, "image/png"))
    answer = await house.http.post(door(house), data=FILLED, files=[photo])
    assert answer.status_code == 201
    again = await house.http.post(door(house), data=FILLED, files=[photo])
    assert again.status_code == 200
    [[sha256, size]] = await house.rows("SELECT encode(sha256, 'hex'), size FROM attachment")
    assert size == 200_000
    [[content]] = await house.rows(
        "SELECT content FROM blob WHERE encode(sha256, 'hex') = :d", d=sha256
    )
    assert content == b"\x89PNG" * 50_000


async def test_the_definition_tells_the_script_what_to_ask(house: House) -> None:
    assert (await configure(house, fields=FIELDS, min_seconds="2")).status_code == 200
    answer = await house.http.get(door(house))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert [field["name"] for field in document["fields"]] == [
        "photo",
        "company",
        "email",
        "message",
    ]
    assert (document["min_seconds"], document["challenge"]) == (2.0, False)


async def test_claims_fill_gaps_and_change_nothing(house: House) -> None:
    await configure(house, fields=FIELDS)
    for number, company in enumerate(("Engines", "Thieves")):
        await house.post_form(company=company, message=f"Hello {number}")
    assert await house.rows("SELECT attributes ->> 'company' FROM contact") == [("Engines",)]


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"fields": '[{"name": "a b"}]'}, "/settings/fields/0/name"),
        ({"min_seconds": "0"}, "/settings/min_seconds"),
        ({"submissions_per_minute": "many"}, "/settings/submissions_per_minute"),
        ({"challenge_url": "file:///etc/passwd"}, "/settings/challenge_url"),
    ],
)
async def test_settings_with_mistakes_are_refused(
    house: House, settings: dict[str, str], pointer: str
) -> None:
    assert pointers(await configure(house, **settings)) == [pointer]


async def test_the_honeypot_says_what_is_wrong(house: House) -> None:
    assert pointers(await house.post_form(website_url="http://spam.example")) == ["/website_url"]
    assert await house.count("message") == 0


async def test_what_comes_too_fast_may_come_again(house: House) -> None:
    await configure(house, min_seconds="1")
    stamp = (await house.http.get(door(house))).json()["stamp"]
    fast = await house.post_form(_stamp=stamp)
    assert pointers(fast) == ["/_stamp"]
    assert fast.headers["retry-after"] == "1"
    assert "Retry-After" in fast.headers["access-control-expose-headers"]
    await asyncio.sleep(1)
    assert (await house.post_form(_stamp=stamp)).status_code == 201
    for wrong in (None, "", "1.2", stamp + "0"):
        assert pointers(await house.post_form(_stamp=wrong)) == ["/_stamp"]


async def test_too_many_from_one_address_have_to_wait(house: House) -> None:
    await configure(house, submissions_per_minute="2")
    statuses = [(await house.post_form(message=str(n))).status_code for n in range(3)]
    assert statuses == [201, 201, 429]
    refused = await house.post_form(message="more")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    forged = await house.post_form(message="more", headers={"X-Forwarded-For": "203.0.113.9"})
    assert forged.status_code == 429


async def test_behind_proxies_the_client_counts(dsn: str) -> None:
    async with serving(dsn, proxies=1) as house:
        await configure(house, submissions_per_minute="1")
        statuses = [
            (await house.post_form(message=who, headers={"X-Forwarded-For": who})).status_code
            for who in ("1.1.1.1", "1.1.1.1", "9.9.9.9, 1.1.1.1", "2.2.2.2", "2001:db8::1")
        ]
        assert statuses == [201, 429, 429, 201, 201]
        neighbour = {"X-Forwarded-For": "2001:db8::2"}
        assert (await house.post_form(message="n", headers=neighbour)).status_code == 429


@asynccontextmanager
async def siteverify(asked: list[dict[str, list[str]]]) -> AsyncIterator[str]:
    """A provider's endpoint: right is the token `good`, `down` brings it down."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(re.findall(r"content-length: (\d+)", head)[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        asked.append(form)
        status = "500 No" if form["response"] == ["down"] else "200 OK"
        body = b'{"success": true}' if form["response"] == ["good"] else b'{"success": false}'
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/siteverify"


async def test_the_challenge_is_checked_with_its_provider(house: House) -> None:
    asked: list[dict[str, list[str]]] = []
    async with siteverify(asked) as url:
        await configure(house, challenge_secret="s3cret", challenge_url=url)
        assert pointers(await house.post_form()) == ["/_challenge"]
        assert pointers(await house.post_form(_challenge="bad")) == ["/_challenge"]
        down = await house.post_form(_challenge="down")
        assert (down.status_code, down.headers["retry-after"]) == (503, "2")
        good = await house.http.post(door(house), data=FILLED | {"cf-turnstile-response": "good"})
        assert good.status_code == 201
    assert asked[-1] == {"secret": ["s3cret"], "response": ["good"]}
    assert (await house.post_form(_challenge="good")).status_code == 503  # nobody is there any more


async def test_the_page_keeps_what_was_written(house: House) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = await house.http.post(page(house), data={"message": hostile, "name": hostile})
    assert answer.status_code == 422
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert 'aria-describedby="e-email"' in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]


async def test_the_page_takes_a_form_once(house: House) -> None:
    shown = await house.http.get(page(house), headers={"Accept-Language": "sv, it;q=0.8, en"})
    assert '<html lang="it">' in shown.text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
    for _ in range(2):
        sent = await house.http.post(page(house), data=FILLED | hidden)
        assert sent.status_code == 303
    thanks = await house.http.get(sent.headers["location"])
    assert "Grazie" in thanks.text
    assert await house.count("message") == 1


async def test_the_page_is_kind_to_the_fast(house: House) -> None:
    await configure(house, min_seconds="30")
    shown = await house.http.get(page(house))
    [stamp] = re.findall(r'name="_stamp" value="([^"]*)"', shown.text)
    answer = await house.http.post(page(house), data=FILLED | {"_stamp": stamp})
    assert answer.status_code == 422
    assert "press Send once more" in answer.text
    assert stamp in answer.text
    assert FILLED["message"] in answer.text
    await configure(house, challenge_url="http://127.0.0.1:1/")
    assert "<form" not in (await house.http.get(page(house))).text


@pytest.mark.parametrize("path", ["/forms/none", "/embed/none.js", "/embed/../pyproject.toml"])
async def test_nothing_else_is_shown(house: House, path: str) -> None:
    assert (await house.http.get(path)).status_code == 404


async def test_chats_have_no_form_page(house: House) -> None:
    assert (await house.http.get(f"/forms/{house.team.keys['chat']}")).status_code == 404
    assert (await house.http.delete(page(house))).status_code == 405


@pytest.mark.parametrize("name", ["form.js", "chat.js"])
async def test_scripts_are_cached_and_small(house: House, name: str) -> None:
    answer = await house.http.get(f"/embed/{name}")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert "max-age=600" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) < 12_000
    unchanged = {"If-None-Match": answer.headers["etag"]}
    assert (await house.http.get(f"/embed/{name}", headers=unchanged)).status_code == 304
    plain = await house.http.get("/embed/form.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for word in ("eval(", "innerHTML", "document.write", "new Function"):
        assert word not in answer.text
