"""Whatever arrives gets a clear answer, and nothing authentic is dropped."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest
from tests.house import House, bearer, make_mail, serving
from websockets.exceptions import ConnectionClosed

from gateway.database.connections import Database
from gateway.database.embedded import EmbeddedPostgres
from gateway.database.migrations import migrate

PROBLEM = "application/problem+json"


def assert_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["detail"]
    return document


async def nothing_is_stored(house: House) -> bool:
    return not any([await house.count(table) for table in ("receipt", "message", "quarantine")])


async def test_a_wrong_signature_is_refused_and_nothing_stored(house: House) -> None:
    assert_problem(await house.post_sms(sign=False), 403)
    assert await nothing_is_stored(house)


async def test_an_authentic_but_unreadable_payload_is_kept(house: House) -> None:
    response = await house.post_sms(From="")
    assert response.status_code == 200
    [[code, body]] = await house.rows("SELECT code, body FROM quarantine")
    assert code
    assert b"Where+is+my+parcel" in body
    assert await house.count("message") == 0


async def test_an_unreadable_payload_is_kept_once(house: House) -> None:
    for _ in range(3):
        await house.post_sms(From="", MessageSid="SM1")
    assert await house.count("quarantine") == 1


async def test_a_form_with_mistakes_names_each_of_them(house: House) -> None:
    response = await house.post_form(email="nobody", message="")
    document = assert_problem(response, 422)
    assert {error["pointer"] for error in document["errors"]} == {"/email", "/message"}
    assert response.headers["access-control-allow-origin"] == "*"
    assert await nothing_is_stored(house)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"\\ud800"', b"\xff\xfe", b'{"email": 1e999}'])
async def test_a_form_that_is_none(house: House, body: bytes) -> None:
    path = f"/in/forms/{house.team.keys['web_form']}"
    headers = {"Content-Type": "application/json"}
    assert_problem(await house.http.post(path, content=body, headers=headers), 422)
    assert await nothing_is_stored(house)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/in/forms/unknown", 404),
        ("/in/twilio/unknown", 404),
        ("/in/email/unknown", 404),
        ("/in/elsewhere/unknown", 404),
        ("/in/", 404),
    ],
)
async def test_an_unknown_door(house: House, path: str, status: int) -> None:
    assert_problem(await house.http.post(path, content=b"{}"), status)


async def test_a_key_opens_its_own_kind_of_door_only(house: House) -> None:
    response = await house.http.post(f"/in/forms/{house.team.keys['sms']}", json={})
    assert_problem(response, 404)


async def test_a_wrong_method_names_the_right_one(house: House) -> None:
    response = await house.http.put(f"/in/forms/{house.team.keys['web_form']}")
    assert_problem(response, 405)
    assert "POST" in response.headers["allow"]


async def test_a_page_elsewhere_may_post_the_form(house: House) -> None:
    response = await house.http.options(f"/in/forms/{house.team.keys['web_form']}")
    assert response.status_code == 204
    assert "Idempotency-Key" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize("announced", [True, False])
async def test_too_large_a_body_is_refused_with_the_limit(dsn: str, *, announced: bool) -> None:
    async with serving(dsn, max_payload_bytes=10_000) as house:
        body = b"x" * 50_000

        async def chunks() -> AsyncIterator[bytes]:
            yield body

        response = await house.http.post(
            f"/in/forms/{house.team.keys['web_form']}", content=body if announced else chunks()
        )
        assert "10000" in str(assert_problem(response, 413)["detail"])
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await house.send_mail(make_mail("y" * 50_000))
        assert refused.value.code == 552
        assert await nothing_is_stored(house)


@pytest.mark.parametrize("path", ["/in/forms/{web_form}", "/forms/{web_form}", "/in/twilio/{sms}"])
async def test_escapes_are_refused_before_they_are_read(house: House, path: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    path = path.format(**house.team.keys)
    response = await house.http.post(path, content=b"a=" + b"%41" * 400_000, headers=headers)
    assert "bytes" in str(assert_problem(response, 413)["detail"])


async def test_fifty_megabytes(house: House) -> None:
    path = f"/in/forms/{house.team.keys['web_form']}"
    assert_problem(await house.http.post(path, content=b"x" * 50 * 1024 * 1024), 413)


async def test_ten_thousand_headers_do_no_harm(house: House) -> None:
    headers = {f"X-Header-{n}": "value" for n in range(10_000)}
    response = await house.post_form(headers=headers)
    assert response.status_code < 500
    many = "".join(f"{name}: {value}\n" for name, value in headers.items()).encode()
    assert (await house.send_mail(many + make_mail().as_bytes())).startswith("2.0.0")


async def test_nul_and_surrogates_are_stored_as_replacement_characters(house: House) -> None:
    await house.post_form(message="a\x00b", name="c\x00")
    await house.post_sms(Body="a\x00b")
    await house.send_mail(make_mail("text").as_bytes().replace(b"text", b"a\x00b\xed\xa0\x80"))
    texts = [row[0] for row in await house.rows("SELECT text FROM message ORDER BY created_at")]
    assert len(texts) == 3
    assert all("\x00" not in text and "a\ufffdb" in text for text in texts)


async def test_an_unknown_mailbox_is_refused_at_once(house: House) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await house.send_mail(make_mail(), to="nobody@house.test")


async def test_mail_by_http_needs_a_key_of_the_same_workspace(house: House) -> None:
    other = await house.another_team("other")
    path = f"/in/email/{house.team.keys['email']}"
    content = make_mail().as_bytes()
    assert_problem(await house.http.post(path, content=content), 401)
    for token, status in ((house.team.agent, 403), (other.admin, 404)):
        assert_problem(await house.http.post(path, content=content, headers=bearer(token)), status)
    assert await nothing_is_stored(house)
    response = await house.http.post(path, content=content, headers=bearer(house.team.admin))
    assert response.status_code == 201


async def test_a_chat_that_is_none(house: House) -> None:
    team = house.team
    team.keys["chat"] = "unknown"
    with pytest.raises(ConnectionClosed) as closed:
        async with house.visitor():
            pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


async def test_a_chat_frame_that_is_none_is_answered_and_harms_nobody(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.socket.send("{")
        assert (await visitor.receive("err"))["code"] == "not_json"
        await visitor.send(t="message", id="a", text="")
        assert (await visitor.receive("err"))["code"] == "invalid_field"
        assert (await visitor.say("b", "Hello"))["seq"] == 1


async def test_with_the_database_away_everybody_is_asked_to_come_again(open_folder: Path) -> None:
    server = EmbeddedPostgres(open_folder / "going-away", options={"fsync": "off"})
    dsn = await server.start()
    database = Database(dsn)
    await migrate(database)
    await database.close()
    async with serving(dsn) as house:
        assert (await house.post_form(message="before")).status_code == 201
        await server.stop()
        response = await house.post_form(message="meanwhile")
        assert_problem(response, 503)
        assert int(response.headers["retry-after"]) > 0
        assert_problem(await house.http.get("/health/ready"), 503)
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await house.send_mail(make_mail())
        assert refused.value.code == 451
        assert await server.start() == dsn
        assert (await house.post_form(message="meanwhile")).status_code == 201
        assert await house.count("message") == 2
    await server.stop()
