"""What agents say beside plain text: HTML and files, uploaded before."""

import hashlib
from typing import Any

from tests.api.team import NOTHING, Team, mail_of

from gateway.composition import Gateway

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30


async def upload(
    team: Team, content: bytes = PNG, name: str = "plan.png", *, declared: str = "text/plain"
) -> Any:
    response = await team.http.post(
        "/v1/attachments",
        params={"filename": name},
        content=content,
        headers={"Authorization": f"Bearer {team.agent}", "Content-Type": declared},
    )
    assert response.status_code == 201, response.text
    return response.json()


async def taken(team: Team) -> str:
    """The path of a conversation by mail that the agent has."""
    mail = await team.mail(mail_of())
    conversation = await team.conversation_of(mail["message"])
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/take", token=team.agent)
    return path


async def said(team: Team, path: str) -> Any:
    return (await team.get(f"{path}/messages"))["items"][-1]


async def test_an_upload_is_told_by_its_bytes_and_named_safely(team: Team) -> None:
    file = await upload(team, name="../../plan.png")
    assert (file["content_type"], file["declared_type"]) == ("image/png", "text/plain")
    assert "/" not in file["filename"]
    assert file["sha256"] == hashlib.sha256(PNG).hexdigest()
    shown = await team.call("GET", f"/v1/attachments/{file['id']}")
    assert shown.content == PNG


async def test_an_answer_carries_html_text_and_files(team: Team) -> None:
    path = await taken(team)
    image, bill = await upload(team), await upload(team, b"%PDF-1.7", "bill.pdf")
    html = (
        f'<p onclick="x()">See <b>this</b>:</p><img src="cid:{image["content_id"]}">'
        "<script>alert(1)</script>"
    )
    body = {"html": html, "attachments": [image["id"], bill["id"]]}
    await team.ask("POST", f"{path}/replies", body, token=team.agent)
    message = await said(team, path)
    assert message["text"] == "See this:"
    assert "script" not in message["html"]
    assert "onclick" not in message["html"]
    assert f'src="cid:{image["content_id"]}"' in message["html"]
    files = {each["filename"]: each["inline"] for each in message["attachments"]}
    assert files == {"plan.png": True, "bill.pdf": False}


async def test_text_of_ones_own_goes_beside_html(team: Team) -> None:
    path = await taken(team)
    body = {"text": "See the plan", "html": "<p>See <i>the</i> plan</p>"}
    await team.ask("POST", f"{path}/replies", body, token=team.agent)
    message = await said(team, path)
    assert (message["text"], message["html"]) == (body["text"], body["html"])


async def test_a_note_has_files_too_and_may_be_a_file_alone(team: Team) -> None:
    path = await taken(team)
    file = await upload(team)
    body = {"attachments": [file["id"]]}
    await team.ask("POST", f"{path}/notes", body, token=team.agent)
    message = await said(team, path)
    assert (message["direction"], message["text"]) == ("note", "")
    assert [each["id"] for each in message["attachments"]] == [file["id"]]


async def test_a_file_is_said_once_and_a_repetition_says_it_not_again(team: Team) -> None:
    path = await taken(team)
    file = await upload(team)
    body = {"text": "Here", "attachments": [file["id"]]}
    key = {"Idempotency-Key": "once"}
    first, again = [
        await team.ask("POST", f"{path}/replies", body, token=team.agent, headers=key)
        for _ in range(2)
    ]
    assert first["message"] == again["message"]
    before = await team.get(f"{path}/messages")
    refused = await team.call("POST", f"{path}/replies", body, token=team.agent)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/attachments/0"
    assert await team.get(f"{path}/messages") == before


async def test_only_ones_own_uploads_can_be_sent(team: Team, other: Team) -> None:
    path = await taken(team)
    foreign = await upload(other)
    for wrong in (foreign["id"], str(NOTHING)):
        body = {"text": "Here", "attachments": [wrong]}
        refused = await team.call("POST", f"{path}/replies", body, token=team.agent)
        assert refused.status_code == 422
    assert (await other.call("GET", f"/v1/attachments/{foreign['id']}")).status_code == 200


async def test_what_says_nothing_is_refused(team: Team) -> None:
    path = await taken(team)
    for nothing in ({}, {"html": "<script>x</script>"}, {"html": "<!-- -->", "attachments": []}):
        refused = await team.call("POST", f"{path}/replies", nothing, token=team.agent)
        assert refused.status_code == 422, nothing


async def test_a_channel_that_carries_no_files_says_so(team: Team) -> None:
    path = await taken(team)
    await team.sql("UPDATE conversation SET channel_id = $1::uuid", str(team.channels["sms"].id))
    file = await upload(team)
    for body in ({"text": "Here", "attachments": [file["id"]]}, {"html": '<img src="cid:a@b">'}):
        refused = await team.call("POST", f"{path}/replies", body, token=team.agent)
        assert refused.status_code == 409
        assert "carr" in refused.json()["detail"]
    html = {"html": "<p>By <b>text</b></p>"}
    await team.ask("POST", f"{path}/replies", html, token=team.agent)
    assert (await said(team, path))["text"] == "By text"


async def test_uploads_have_limits(team: Team, monkeypatch: Any) -> None:
    gateway: Gateway = team.gateway
    monkeypatch.setattr(gateway.settings, "max_file_bytes", 100)
    monkeypatch.setattr(gateway.settings, "max_files_bytes", 150)
    url, token = "/v1/attachments?filename=a", {"Authorization": f"Bearer {team.agent}"}

    async def chunks() -> Any:
        for _ in range(3):
            yield b"x" * 50

    for body, status in ((b"x" * 101, 413), (chunks(), 413), (b"", 422)):
        refused = await team.http.post(url, content=body, headers=token)
        assert refused.status_code == status
    path = await taken(team)
    files = [(await upload(team, bytes([n]) * 80, "a.bin"))["id"] for n in (65, 66)]
    body = {"text": "Both", "attachments": files}
    refused = await team.call("POST", f"{path}/replies", body, token=team.agent)
    assert refused.json()["errors"][0]["pointer"] == "/attachments"


async def test_uploads_that_nobody_sends_are_forgotten_within_two_days(team: Team) -> None:
    path = await taken(team)
    kept, lost = await upload(team), await upload(team, PNG + b"x")
    await team.ask("POST", f"{path}/notes", {"attachments": [kept["id"]]}, token=team.agent)
    assert (await team.retain(days=0.5))["uploads"] == 0
    done = await team.retain(days=2)
    assert (done["uploads"], done["blobs"] > 0) == (1, True)
    assert (await team.call("GET", f"/v1/attachments/{lost['id']}")).status_code == 404
    assert (await team.call("GET", f"/v1/attachments/{kept['id']}")).content == PNG
    digests = {row["sha256"] for row in await team.sql("SELECT sha256 FROM blob")}
    assert hashlib.sha256(PNG + b"x").digest() not in digests
