"""Forms with files, as browsers send them and as nobody should."""

import time
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.builders import form_channel
from tests.channels.storable import assert_storable

from channels.contract import InboundMessage, Payload
from channels.errors import InvalidForm, Unparseable
from channels.filenames import safe_filename
from channels.web_form import MAX_FILE_BYTES, WebFormInbound

GOOD = {"email": "ada@example.com", "message": "è \n là"}
TYPE = "multipart/form-data; boundary=b"
FIELDS = '[{"name": "photo", "type": "file", "required": true}]'
Upload = tuple[str, tuple[str, bytes, str]]


def posted(*uploads: Upload, **settings: str) -> InboundMessage:
    request = httpx.Request("POST", "http://x", data=GOOD, files=list(uploads))
    payload = Payload(request.headers["content-type"], request.read())
    return WebFormInbound().parse(payload, form_channel(**settings))


def parts(*lines: bytes, end: bytes = b"--b--\r\n") -> Payload:
    return Payload(TYPE, b"".join(b"--b\r\n" + line + b"\r\n" for line in lines) + end)


def test_fields_and_files() -> None:
    message = posted(("photo", ("parcel.png", b"\x89PNG\r\n--", "image/png")))
    assert message.text == "è \n là"
    [file] = message.attachments
    assert (file.filename, file.content_type, file.content) == (
        "parcel.png",
        "image/png",
        b"\x89PNG\r\n--",
    )


def test_a_file_that_is_none_counts_as_absent() -> None:
    assert posted(("photo", ("", b"", "application/octet-stream"))).attachments == ()


def test_quotes_in_names_come_back_alone() -> None:
    """The WHATWG's form encoding escapes quotes and line ends, and nothing else."""
    [file] = posted(("a", ('5%20"off".txt', b"x", "text/plain"))).attachments
    assert file.filename == '5%20"off".txt'


def test_names_hold_no_folders() -> None:
    [file] = posted(("a", ("../../etc/passwd", b"x", "text/plain"))).attachments
    assert file.filename == "_.._etc_passwd"
    assert safe_filename("..", "file-1") == "file-1"
    assert safe_filename("n" * 300 + ".pdf", "f").endswith("n.pdf")


def test_other_files_are_another_submission() -> None:
    first, second = (posted(("a", ("a.txt", each, "text/plain"))) for each in (b"1", b"2"))
    assert first.receipt != second.receipt


@pytest.mark.parametrize(
    ("uploads", "settings", "problems"),
    [
        ([("a", ("a", b"x", "text/plain"))], {"fields": FIELDS}, ["/photo", "/a"]),
        ([("x", ("x", b"", "a/b"))] * 11, {}, ["/x"]),
        ([("x", ("x", b"1" * (MAX_FILE_BYTES + 1), "a/b"))], {}, ["/x"]),
    ],
)
def test_files_that_are_refused(
    uploads: list[Upload], settings: dict[str, str], problems: list[str]
) -> None:
    with pytest.raises(InvalidForm) as caught:
        posted(*uploads, **settings)
    assert [pointer for pointer, _ in caught.value.problems] == problems


@pytest.mark.parametrize(
    "payload",
    [
        Payload("multipart/form-data", b""),
        Payload("multipart/form-data; boundary=" + "b" * 201, b""),
        Payload(TYPE, b""),
        parts(b'Content-Disposition: form-data; name="message"\r\n\r\nx', end=b""),
        parts(b'Content-Disposition: form-data; name="message"\r\n\r\n\xff'),
        parts(*[b'Content-Disposition: form-data; name="a"\r\n\r\nx'] * 201),
        parts(b"A: b\r\n" * 50 + b"\r\nx"),
        parts(b"nonsense"),
    ],
)
def test_not_a_form(payload: Payload) -> None:
    with pytest.raises(Unparseable) as caught:
        WebFormInbound().parse(payload, form_channel())
    assert caught.value.code == "not_a_form"


PIECES = st.sampled_from(
    [
        b"--b\r\n",
        b"--b--\r\n",
        b"\r\n",
        b'Content-Disposition: form-data; name="message"',
        b"Content-Disposition: form-data; name=photo; filename*=utf-8''%ff",
        b"Content-Type: \xff/;=",
        b"x",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=20), max_size=30).map(b"".join))
def test_only_unparseable_escapes(body: bytes) -> None:
    with suppress(Unparseable):
        assert_storable(WebFormInbound().parse(Payload(TYPE, body), form_channel()))


@pytest.mark.parametrize("unit", [b"\r\n--", b"\r\n-", b"--b", b"\r", b"x"])
def test_time_grows_with_the_size(unit: bytes) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'

    def seconds(size: int) -> float:
        body = head + unit * (size // len(unit)) + b"\r\n--b--\r\n"
        before = time.process_time()
        with suppress(Unparseable):
            WebFormInbound().parse(Payload(TYPE, body), form_channel())
        return time.process_time() - before

    seconds(1_000)
    assert seconds(1_000_000) < 4 * seconds(500_000) + 0.05
