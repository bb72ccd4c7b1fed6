"""The driver that judges mail reading, on cases of our own: one of every form of input."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PARENT = b"From: ada@example.com\r\nMessage-ID: <a@x.example>\r\n\r\nWhere is it?"
ANSWER = (
    b"From: ada@example.com\r\nMessage-ID: <b@x.example>\r\nReferences: <a@x.example>\r\n\r\nWell?"
)
MAIL = (
    b"Return-Path: <bounces@example.com>\nFrom: =?utf-8?q?Ad=C3=A0?= <Ada@Example.com>\n"
    b"To: desk@example.org, b@example.org\nSubject: Hi\nMessage-ID: <c@x.example>\n"
    b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    b"--b\nContent-Type: text/html\n\n<p onclick=x()>Hello\n"
    b'--b\nContent-Type: image/png; name="a.png"\n'
    b"Content-Transfer-Encoding: base64\n\nYWJj\n--b--\n"
)
SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
FILES: dict[str, bytes] = {
    "mail.eml": MAIL,
    "empty.eml": b" ",
    "parent.eml": PARENT,
    "answer.eml": ANSWER,
    "body.txt": b"A text of mine",
    "body.html": b"<b>A text</b> of mine",
    "form.json": json.dumps(
        {"provider": "twilio", "form": {"SmsSid": "SM1", "From": "+393331234567", "Body": "Ciao"}}
    ).encode(),
    "forms.json": json.dumps(
        {
            "posts": [
                {"form": {"SmsSid": "SM2", "From": "+393331234567", "Body": "One"}},
                {"form": {"SmsSid": "SM2", "From": "+393331234567", "Body": "One"}},
                {"form": {"SmsSid": "SM3", "From": "+393337654321", "Body": "Two"}},
            ]
        }
    ).encode(),
}
CASES: tuple[tuple[str, str, str, Any], ...] = (
    ("mime", "mime", "mime", "mail.eml"),
    ("empty", "mime", "mime", "empty.eml"),
    ("text", "reply", "text", "body.txt"),
    ("html", "reply", "html", "body.html"),
    ("form", "reply", "form", "form.json"),
    ("mime_set", "thread", "mime_set", ["answer.eml", "parent.eml", "empty.eml", "mail.eml"]),
    ("form_set", "thread", "form_set", "forms.json"),
    ("passed over", "webhook", "http", "mail.eml"),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("cases")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    manifest = folder / "manifest.jsonl"
    manifest.write_text(
        "\n".join(
            json.dumps({"id": id_, "kind": kind, "input_type": form, "file": file, "expect": {}})
            for id_, kind, form, file in CASES
        )
    )
    command = [sys.executable, "benchmarks/mail_eval.py", str(manifest)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["id"]: line for line in lines}


def test_every_form_of_input_is_delivered(results: dict[str, dict[str, Any]]) -> None:
    assert set(results) == {case[0] for case in CASES} - {"passed over"}
    failed = {id_ for id_, result in results.items() if result["error"]}
    assert failed == {"empty"}
    assert results["text"]["reply"].strip() == "A text of mine"
    assert results["html"]["reply"] == "A text of mine"
    assert results["form"]["reply"] == "Ciao"
    assert results["form"]["contact_email"] == "+393331234567"


def test_a_mail_is_seen_as_the_api_shows_it(results: dict[str, dict[str, Any]]) -> None:
    seen = results["mime"]
    assert seen["from_email"] == seen["contact_email"] == "ada@example.com"
    assert seen["from_name"] == "Adà"
    assert seen["to_emails"] == ["desk@example.org", "b@example.org"]
    assert seen["message_id"] == "c@x.example"
    assert seen["body"] == "Hello"
    assert seen["html"] == "<p>Hello</p>"
    assert not seen["is_bounce"]
    assert seen["attachments"] == [
        {"filename": "a.png", "content_type": "image/png", "size": 3, "sha256": SHA256_OF_ABC}
    ]


def test_sets_tell_their_conversations(results: dict[str, dict[str, Any]]) -> None:
    answer, parent, empty, other = results["mime_set"]["conversations"]
    assert answer == parent
    assert empty is None
    assert other not in {None, parent}
    first, again, another = results["form_set"]["conversations"]
    assert first == again != another
    assert results["form_set"]["stored_messages"] == 2
    assert 0 < results["form_set"]["seconds"] < 10
