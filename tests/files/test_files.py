"""Files from the door to the reader, with their bytes in the database or in a bucket."""

import base64
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest
from tests.api.team import Team, mail_of, serving
from tests.files.object_store import ObjectStore, TestBucket

from gateway.database.connections import Database

PDF = b"%PDF-1.7 invoice"
LARGE = "large " * 20_000


@pytest.fixture
async def team(database: Database, bucket: TestBucket) -> AsyncIterator[Team]:
    async with serving(database, "north", **bucket.settings) as [team]:
        yield team


async def files_of(team: Team, message_id: str) -> list[dict[str, Any]]:
    return list((await team.get(f"/v1/messages/{message_id}"))["attachments"])


def mail_with(*files: bytes, filename: str = "a.bin", subtype: str = "octet-stream") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "c@customer.test", "s@x.test", "<m@c>"
    message.set_content("Look")
    for content in files:
        message.add_attachment(content, maintype="application", subtype=subtype, filename=filename)
    return message.as_bytes()


async def test_files_and_large_mails_lie_in_the_bucket(team: Team, bucket: TestBucket) -> None:
    raw = mail_of(LARGE, attachment=PDF)
    accepted = await team.mail(raw)
    [file] = await files_of(team, accepted["message"])
    assert await bucket.contents() == sorted([PDF, raw])
    answer = await team.call("GET", f"/v1/attachments/{file['id']}")
    assert answer.content == PDF


async def test_what_is_exported_comes_from_the_bucket(team: Team) -> None:
    raw = mail_of(LARGE, attachment=PDF)
    accepted = await team.mail(raw)
    conversation = await team.conversation_of(accepted["message"])
    export = await team.get(f"/v1/contacts/{conversation['contact']['id']}/export")
    [message] = export["conversations"][0]["messages"]
    assert base64.b64decode(message["attachments"][0]["content"]) == PDF
    assert base64.b64decode(message["raw"]["body"]) == raw


async def test_what_is_erased_goes_from_the_bucket(team: Team, bucket: TestBucket) -> None:
    kept = await team.mail(mail_of(sender="else@customer.test", attachment=b"%PDF-else"))
    accepted = await team.mail(mail_of(LARGE, attachment=PDF))
    conversation = await team.conversation_of(accepted["message"])
    await team.ask("DELETE", f"/v1/contacts/{conversation['contact']['id']}")
    await team.retain()
    assert await team.gateway.blobs.delete_spare() == 0
    await team.retain(days=1.1)
    assert await team.gateway.blobs.delete_spare() == 2
    assert await bucket.contents() == [b"%PDF-else"]
    assert len(await files_of(team, kept["message"])) == 1


async def test_a_large_payload_in_quarantine_is_read_from_the_bucket(team: Team) -> None:
    raw = mail_of(LARGE, sender=None)
    entry = (await team.mail(raw))["quarantine"]
    assert (await team.call("GET", f"/v1/quarantine/{entry}/raw")).content == raw


async def test_with_the_bucket_away_the_sender_comes_again(
    database: Database, object_store: ObjectStore
) -> None:
    settings = object_store.bucket(s3_endpoint="http://127.0.0.1:1").settings
    async with serving(database, "north", **settings) as [team]:
        headers = {"Authorization": f"Bearer {team.provider}", "Content-Type": "message/rfc822"}
        path = f"/in/email/{team.channels['email'].public_key}"
        answer = await team.http.post(path, content=mail_of(attachment=PDF), headers=headers)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        assert await team.sql("SELECT 1 FROM message") == []
        await team.mail(mail_of())
        await team.sql(
            "INSERT INTO blob (workspace_id, sha256, object_key) VALUES ($1, '1', 'k')",
            team.workspace_id,
        )
        await team.sql(
            "INSERT INTO attachment (workspace_id, id, message_id, filename, content_type, size,"
            " sha256, inline) SELECT workspace_id, id, id, 'a', 'a/b', 1, '1', false FROM message"
        )
        [[message_id]] = await team.sql("SELECT id FROM message")
        assert (await team.call("GET", f"/v1/attachments/{message_id}")).status_code == 503


async def test_bytes_tell_the_type_and_names_are_safe(database: Database) -> None:
    async with serving(database, "north") as [team]:
        raw = mail_with(b"<svg onload=x>", filename="../photo\u202egpj.exe", subtype="pdf")
        [file] = await files_of(team, (await team.mail(raw))["message"])
        assert file["content_type"] == "image/svg+xml"
        assert file["declared_type"] == "application/pdf"
        assert file["filename"] == "_photogpj.exe"


async def test_files_that_are_too_large_are_listed_and_not_kept(database: Database) -> None:
    limits = {"max_file_bytes": 2_000, "max_files_bytes": 3_000}
    async with serving(database, "north", **limits) as [team]:
        sizes = (1_500, 2_001, 1_600, 1_400)
        raw = mail_with(*(bytes([65 + n]) * size for n, size in enumerate(sizes)))
        files = await files_of(team, (await team.mail(raw))["message"])
        refused = [None, "too_large", "message_too_large", None]
        assert [(file["size"], file["refused"]) for file in files] == [
            *zip(sizes, refused, strict=True)
        ]
        assert [file["sha256"] is None for file in files] == [False, True, True, False]
        answer = await team.call("GET", f"/v1/attachments/{files[1]['id']}")
        assert answer.status_code == 404
        assert "too large" in answer.json()["detail"]
        assert len(await team.sql("SELECT 1 FROM blob")) == 2
        [[body]] = await team.sql("SELECT body FROM raw_payload")
        assert body == raw
