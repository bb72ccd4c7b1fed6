"""Files that mails carry in other ways than as parts in base64."""

import binascii
import struct

import pytest
from tests.channels.builders import parse_mail

FROM = "From: a@example.com"
CONTENT = bytes(range(100))


def uuencoded(name: str, content: bytes = CONTENT) -> list[str]:
    lines = [
        binascii.b2a_uu(content[n : n + 45]).decode().rstrip("\n")
        for n in range(0, len(content), 45)
    ]
    return [f"begin 644 {name}", *lines, "`", "end"]


def test_files_uuencoded_in_the_text_are_attachments() -> None:
    message = parse_mail(FROM, "", "before", *uuencoded("a b.png"), "after", *uuencoded("../c.txt"))
    assert message.text == "before\nafter\n"
    assert [each.filename for each in message.attachments] == ["a b.png", "_c.txt"]
    assert [each.content for each in message.attachments] == [CONTENT, CONTENT]
    assert message.attachments[0].content_type == "image/png"


@pytest.mark.parametrize(
    "lines",
    [
        ("begin 644 a.txt", "no such thing: these are words", "end"),
        ("begin 644 a.txt", "#86)C"),
        ("begin here", "end"),
        ("begin 644 a.txt", "#86)C", "words", "end"),
    ],
)
def test_words_that_look_like_a_beginning_stay_text(lines: tuple[str, ...]) -> None:
    message = parse_mail(FROM, "", *lines)
    assert message.text == "\n".join(lines)
    assert not message.attachments


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    body = b"".join(
        b"\x02" + struct.pack("<II", kind, len(data)) + data + b"\0\0" for kind, data in attributes
    )
    return b"\x78\x9f\x3e\x22\x01\x00" + body


def winmail(envelope: bytes) -> list[tuple[str, bytes]]:
    lines = (
        "Content-Type: application/ms-tnef; name=winmail.dat",
        "Content-Transfer-Encoding: base64",
    )
    message = parse_mail(FROM, *lines, "", binascii.b2a_base64(envelope))
    return [(each.filename, each.content) for each in message.attachments]


def test_files_in_outlooks_envelope_are_attachments() -> None:
    long_name = "Vertrag für Ada.pdf".encode("utf-16-le") + b"\0\0"
    properties = b"\x1f\0\x07\x37\1\0\0\0" + struct.pack("<I", len(long_name)) + long_name
    envelope = tnef(
        (0x00069002, b""),
        (0x00018010, b"VERTRA~1.PDF\0"),
        (0x0006800F, b"one"),
        (0x00069005, properties),
        (0x00069002, b""),
        (0x00018010, b"two.txt\0"),
        (0x0006800F, b"two"),
    )
    assert winmail(envelope) == [("Vertrag für Ada.pdf", b"one"), ("two.txt", b"two")]


@pytest.mark.parametrize("cut", [0, 3, 10, 20])
def test_an_envelope_that_cannot_be_read_is_kept(cut: int) -> None:
    envelope = tnef((0x00069002, b""), (0x0006800F, b"one"))[:cut] or b"x"
    assert winmail(envelope) == [("winmail.dat", envelope)]


@pytest.mark.parametrize(
    ("lines", "content"),
    [
        (("Content-Type: text/csv; name=a.csv", "", "a", "b"), b"a\nb"),
        (("Content-Type: image/png; name=a.png", "", b"\0\r\n"), b"\0\r\n"),
        (("Content-Type: application/x; name=a", "", b"a\nb\r\nc"), b"a\nb\r\nc"),
        (
            ("Content-Type: application/x", "Content-Transfer-Encoding: binary", "", "a", "b"),
            b"a\r\nb",
        ),
        (("Content-Type: message/rfc822", "", "Subject: a", "", "b", ""), b"Subject: a\r\n\r\nb"),
    ],
)
def test_line_ends_of_files_that_came_unencoded(
    lines: tuple[str | bytes, ...], content: bytes
) -> None:
    message = parse_mail(
        FROM, "Content-Type: multipart/mixed; boundary=b", "", "--b", *lines, "--b--"
    )
    assert [each.content for each in message.attachments] == [content]
