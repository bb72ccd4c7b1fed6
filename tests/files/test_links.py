from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.team import Team, mail_of, serving

from gateway.access.secret_box import SecretBox, new_key
from gateway.database.connections import Database
from gateway.files.links import Link, Links

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(100))
LINKS = Links(SecretBox(new_key()), None)
LINK = Link(7, UUID(int=9), datetime(2026, 11, 22, 10, tzinfo=UTC))


def test_a_link_says_what_it_opens() -> None:
    assert LINKS.read(LINKS.token(LINK)) == LINK
    assert LINKS.url(LINK, "http://desk.test/").startswith("http://desk.test/files/")
    outside = Links(SecretBox(new_key()), "https://desk.example/")
    assert outside.url(LINK, "http://x/").startswith("https://desk.example/files/")


def test_another_installations_link_opens_nothing() -> None:
    assert Links(SecretBox(new_key()), None).read(LINKS.token(LINK)) is None


@pytest.mark.parametrize("position", range(0, 80, 3))
def test_no_part_of_a_link_can_be_changed(position: int) -> None:
    token = LINKS.token(LINK)
    changed = "A" if token[position] != "A" else "B"
    assert LINKS.read(token[:position] + changed + token[position + 1 :]) is None


@given(st.text(max_size=120))
def test_anything_else_is_no_link(token: str) -> None:
    assert LINKS.read(token) is None


def picture_mail(html: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "c@customer.test", "s@x.test", "<m@c>"
    message.set_content("Look")
    message.add_alternative(html, subtype="html")
    [_, part] = message.iter_parts()
    assert isinstance(part, EmailMessage)
    part.add_related(PNG, "image", "png", cid="<pic@1>", filename="pic.png")
    return message.as_bytes()


async def message_of(team: Team, raw: bytes, **asked: Any) -> dict[str, Any]:
    accepted = await team.mail(raw)
    return dict(await team.get(f"/v1/messages/{accepted['message']}", params=asked))


async def opened(team: Team, url: str, **headers: str) -> Any:
    """As a browser does it: without a token."""
    return await team.http.get(urlsplit(url).path, headers=headers)


async def test_pictures_of_a_mail_are_shown_by_links(database: Database) -> None:
    async with serving(database, "north") as [team]:
        raw = picture_mail('<p><img src="cid:pic%401"><img src="cid:other"><img src="http://x/">')
        message = await message_of(team, raw, file_links=True)
        [file] = message["attachments"]
        assert f'<img src="{file["url"]}">' in message["html"]
        assert '<img src="cid:other">' in message["html"]
        assert "http://x/" not in message["html"]
        answer = await opened(team, file["url"])
        assert answer.content == PNG
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["content-disposition"].startswith("inline;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        conversation = await team.conversation_of(message["id"])
        path = f"/v1/conversations/{conversation['id']}/messages"
        [plain] = (await team.get(path))["items"]
        assert plain["attachments"][0]["url"] is None
        assert "cid:pic%401" in plain["html"]
        [linked] = (await team.get(path, params={"file_links": True}))["items"]
        assert (await opened(team, linked["attachments"][0]["url"])).content == PNG


@pytest.mark.parametrize(
    "content", [b"<script>alert(1)</script>", b"<svg onload=x>", b"%PDF-1.7", b"plain"]
)
async def test_only_harmless_media_are_shown(database: Database, content: bytes) -> None:
    async with serving(database, "north") as [team]:
        message = await message_of(team, mail_of(attachment=content), file_links=True)
        [file] = message["attachments"]
        answer = await opened(team, file["url"])
        assert answer.content == content
        assert answer.headers["content-disposition"].startswith("attachment;")
        served = answer.headers["content-type"]
        assert served == (
            "application/pdf" if content == b"%PDF-1.7" else "application/octet-stream"
        )


async def test_links_end_and_cannot_be_forged(database: Database) -> None:
    async with serving(database, "north", "south") as [team, other]:
        [file] = (await message_of(team, mail_of(attachment=PNG)))["attachments"]
        path = f"/v1/attachments/{file['id']}/links"
        made = await team.ask("POST", path, {"seconds": 60}, token=team.agent)
        assert (await opened(team, made["url"])).status_code == 200
        left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
        assert timedelta(seconds=50) < left < timedelta(seconds=61)
        assert (await other.call("POST", path, {})).status_code == 404
        for seconds, workspace_id, status in ((-1, 0, 410), (60, 0, 200), (60, 1, 404)):
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            link = Link(team.workspace_id + workspace_id, UUID(file["id"]), until)
            answer = await opened(team, team.gateway.links.url(link, "http://x"))
            assert answer.status_code == status
        assert (await opened(team, made["url"] + "A")).status_code == 404
        assert (await team.http.head(urlsplit(made["url"]).path)).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "begin", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=100-", 206, 100, 108),
        ("bytes=-8", 206, 100, 108),
        ("bytes=-900", 206, 0, 108),
        ("bytes=50-900", 206, 50, 108),
        ("bytes=108-", 416, 0, 0),
        ("bytes=9-3", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=0-1,5-6", 200, 0, 108),
        ("lines=1-2", 200, 0, 108),
    ],
)
async def test_parts_of_a_file(
    database: Database, asked: str, status: int, begin: int, end: int
) -> None:
    async with serving(database, "north") as [team]:
        [file] = (await message_of(team, mail_of(attachment=PNG)))["attachments"]
        answer = await team.call("GET", f"/v1/attachments/{file['id']}", headers={"Range": asked})
        assert (answer.status_code, answer.content) == (status, PNG[begin:end])
        if status == 206:
            assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/108"
