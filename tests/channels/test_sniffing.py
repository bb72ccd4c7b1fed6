import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sniffing import BINARY, media_type, sniffed

PNG = b"\x89PNG\r\n\x1a\n\0"
ZIP = b"PK\x03\x04\x14\0"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("content", "declared", "found"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "image/png; name=a.png", "image/png"),
        (PNG, "text/html", "image/png"),
        (PNG, "", "image/png"),
        (b"\xff\xd8\xff\xe0\0", "application/octet-stream", "image/jpeg"),
        (b"GIF89a\1\0", "image/png", "image/gif"),
        (b"RIFF\0\1\2\3WEBPVP8 ", "image/webp", "image/webp"),
        (b"\0\0\0\x18ftypmp42\0\0", "video/mp4", "video/mp4"),
        (b"\0\0\0\x18ftyp3gp5\0\0", "audio/3gpp", "audio/3gpp"),
        (b"\0\0\0\x18ftypheic\0\0", "image/heic", "image/heic"),
        (b"OggS\0\2", "audio/ogg", "audio/ogg"),
        (b"#!AMR\n\x0c", "audio/amr", "audio/amr"),
        (b"%PDF-1.7\n", "application/x-pdf", "application/pdf"),
        (b"abc", "application/pdf", BINARY),
        (b"abc", "image/png", BINARY),
        (ZIP, WORD, WORD),
        (ZIP, "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        (ZIP, "image/png", "application/zip"),
        (ZIP, "text/html", "application/zip"),
        (OLE, "application/msword", "application/msword"),
        (OLE, "text/plain", "application/x-ole-storage"),
        (b"MZ\x90\0\3", "application/pdf", "application/vnd.microsoft.portable-executable"),
        (b"MZ is short for Mozambique", "text/plain", "text/plain"),
        (b"BMW wants a word", "text/plain", "text/plain"),
        (b"Good day", "text/plain; charset=utf-8", "text/plain"),
        (b"Good day", "", "text/plain"),
        (b"a,b\n1,2", "text/csv", "text/csv"),
        ("Grüße".encode("utf-16"), "text/plain", "text/plain"),
        (b"\0\1\2", "text/plain", BINARY),
        (b"\0\1\2", "", BINARY),
        (b"\0\1\2", "application/x-own", "application/x-own"),
        (b"BEGIN:VCALENDAR\r\n", "text/calendar", "text/calendar"),
        (b"", "text/plain", "text/plain"),
        (b"", "image/png", BINARY),
        (b"From: a@b\n\n<html>", "message/rfc822", "message/rfc822"),
    ],
)
def test_the_bytes_decide(content: bytes, declared: str, found: str) -> None:
    assert sniffed(content, declared) == found


@pytest.mark.parametrize("declared", ["image/png", "text/plain", "application/pdf", ""])
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"<html><script>", "text/html"),
        (b"\xef\xbb\xbf \n <!DOCTYPE HTML>", "text/html"),
        (b"<ScRiPt>alert(1)</script>", "text/html"),
        (b"<!-- x --><b>", "text/html"),
        (b"<iframe src=x>", "text/html"),
        (b"<svg onload=alert(1)>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'>", "image/svg+xml"),
        (b"<?xml version='1.0'?><svg:svg xmlns:svg='x'>", "image/svg+xml"),
        (
            b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>",
            "application/xhtml+xml",
        ),
        (b"<?xml version='1.0'?><note/>", "text/xml"),
    ],
)
def test_markup_is_called_markup(content: bytes, declared: str, found: str) -> None:
    assert sniffed(content, declared) == found


@given(st.binary(max_size=200), st.text(max_size=60))
def test_anything_has_one_well_formed_type(content: bytes, declared: str) -> None:
    found = sniffed(content, declared)
    assert media_type(found) == found != ""


def test_only_the_beginning_is_read() -> None:
    assert sniffed(b"a" * 5_000 + b"\0", "text/plain") == "text/plain"
