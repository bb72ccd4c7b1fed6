"""Bodies and attachments out of trees of parts, sound and broken."""

import base64

import pytest
from tests.channels.builders import parse_mail

from channels.contract import InboundMessage

FROM = "From: a@example.com"
PNG = bytes(range(256))
PNG_BASE64 = base64.b64encode(PNG).decode()


def multipart(kind: str, *parts: tuple[str, ...]) -> InboundMessage:
    return parse_mail(FROM, *nested(kind, *parts))


def nested(kind: str, *parts: tuple[str, ...]) -> tuple[str, ...]:
    boundary = f"=_{kind}_{sum(map(len, parts))}"
    lines = [f'Content-Type: multipart/{kind}; boundary="{boundary}"', "", "preamble"]
    for part in parts:
        lines += [f"--{boundary}", *part]
    return (*lines, f"--{boundary}--", "epilogue")


TEXT = ("Content-Type: text/plain; charset=utf-8", "", "plain words")
HTML = ("Content-Type: text/html; charset=utf-8", "", "<p>rich <b>words</b></p>")
IMAGE = (
    'Content-Type: image/png; name="dot.png"',
    "Content-Transfer-Encoding: base64",
    "Content-ID: <dot@example>",
    "",
    PNG_BASE64,
)


def test_alternative_gives_both_forms() -> None:
    message = multipart("alternative", TEXT, HTML)
    assert message.text == "plain words"
    assert message.html == "<p>rich <b>words</b></p>"
    assert message.attachments == ()


def test_html_alone_is_read_as_text() -> None:
    message = parse_mail(FROM, *HTML)
    assert message.text == "rich words"
    assert message.html == "<p>rich <b>words</b></p>"


def test_an_empty_plain_form_gives_way_to_the_rich_one() -> None:
    assert multipart("alternative", ("", " "), HTML).text == "rich words"


def test_mixed_texts_are_joined_in_order() -> None:
    message = multipart("mixed", TEXT, IMAGE, ("", "and a footer"))
    assert message.text == "plain words\nand a footer"
    assert [each.filename for each in message.attachments] == ["dot.png"]


def test_mixed_forms_keep_everything_in_both() -> None:
    message = multipart("mixed", nested("alternative", TEXT, HTML), ("", "a < b"))
    assert message.text == "plain words\na < b"
    assert message.html == "<p>rich <b>words</b></p>\n<pre>a &lt; b</pre>"


def test_related_images_are_inline() -> None:
    message = multipart("related", HTML, IMAGE)
    (image,) = message.attachments
    assert image.inline
    assert image.content_id == "dot@example"
    assert image.content == PNG
    assert image.content_type == "image/png"


def test_text_with_a_name_or_as_attachment_is_a_file() -> None:
    message = multipart(
        "mixed",
        TEXT,
        ("Content-Type: text/plain; name=notes.txt", "", "a"),
        ("Content-Disposition: attachment", "", "b"),
    )
    assert message.text == "plain words"
    assert [(each.filename, each.content) for each in message.attachments] == [
        ("notes.txt", b"a"),
        ("attachment-2.txt", b"b"),
    ]


def test_an_attached_mail_is_a_file_and_not_read() -> None:
    inner = ("Content-Type: message/rfc822", "", "From: b@example.com", "", "inner words", "")
    message = multipart("mixed", TEXT, inner)
    (attached,) = message.attachments
    assert attached.filename == "attachment-1.eml"
    assert attached.content == b"From: b@example.com\r\n\r\ninner words"
    assert message.text == "plain words"


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ('attachment; filename="report.pdf"', "report.pdf"),
        ("attachment; filename=annual report.pdf", "annual report.pdf"),
        ("attachment; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        ("attachment; filename=utf-8''caff%C3%A8.pdf", "caffè.pdf"),
        ("attachment; filename*0=one; filename*1=two.pdf", "onetwo.pdf"),
        ("attachment; filename*1*=%A8.pdf; filename*0*=utf-8''caff%C3", "caffè.pdf"),
        ('attachment; filename="=?utf-8?Q?caff=C3=A8.pdf?="', "caffè.pdf"),
        ('attachment; filename="../../etc/passwd"', "_.._etc_passwd"),
        ('attachment; filename="a\\"b;c.pdf"', 'a"b;c.pdf'),
        ('attachment; filename=".."', "attachment-1.pdf"),
        ("attachment", "attachment-1.pdf"),
        (f"attachment; filename={'n' * 300}.pdf", f"{'n' * 180}.pdf"),
        ('; filename="report.pdf"', "report.pdf"),
        ('attachment filename="report.pdf"', "report.pdf"),
    ],
)
def test_filename(disposition: str, filename: str) -> None:
    part = ("Content-Type: application/pdf", f"Content-Disposition: {disposition}", "", "x")
    (attachment,) = multipart("mixed", TEXT, part).attachments
    assert attachment.filename == filename


@pytest.mark.parametrize(
    ("charset", "content", "expected"),
    [
        ("utf-8", "è".encode(), "è"),
        ("iso-8859-1", b"\xe8 \x93x\x94", "è \u201cx\u201d"),
        ("iso-8859-15", b"\xa4", "€"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("ks_c_5601-1987", "회원".encode("cp949"), "회원"),
        ("iso-2022-jp", "日本".encode("iso2022_jp"), "日本"),
        ("us-ascii", "è".encode(), "è"),
        ("us-ascii", b"\xe8", "è"),
        ("nonsense", "è".encode(), "è"),
        ("utf-8", b"\xe8 vero", "è vero"),
        ("utf-16", "\ufeffè".encode("utf-16-le"), "è"),
        ("punycode", b"abc-", "abc-"),
        ("base64", b"YWJj", "YWJj"),
        ("", "è".encode(), "è"),
    ],
)
def test_charset(charset: str, content: bytes, expected: str) -> None:
    message = parse_mail(FROM, f'Content-Type: text/plain; charset="{charset}"', "", content)
    assert message.text == expected


def test_html_names_its_own_charset() -> None:
    html = '<meta charset="iso-8859-2"><p>Łódź</p>'.encode("iso-8859-2")
    assert parse_mail(FROM, "Content-Type: text/html", "", html).text == "Łódź"


@pytest.mark.parametrize(
    ("encoding", "content", "expected"),
    [
        ("base64", b"cGxhaW4gd29yZHM=", "plain words"),
        ("base64", b"cGxhaW4g\r\nd29yZHM", "plain words"),
        ("base64", b"cGxh!aW4*gd29yZHM", "plain words"),
        ("base64", b"cGxhaW4=IHdvcmRz", "plain words"),
        ("BASE64 ", b"cGxhaW4gd29yZHMA=", "plain words\ufffd"),
        ("quoted-printable", b"plain=20wor=\r\nds", "plain words"),
        ("quoted-printable", b"plain words=ZZ=", "plain words=ZZ"),
        ("x-uuencode", b"begin 644 x\r\n+<&QA:6X@=V]R9',\r\n`\r\nend", "plain words"),
        ("7bit", b"plain words", "plain words"),
        ("unheard-of", b"plain words", "plain words"),
    ],
)
def test_transfer_encoding(encoding: str, content: bytes, expected: str) -> None:
    assert parse_mail(FROM, f"Content-Transfer-Encoding: {encoding}", "", content).text == expected


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        pytest.param(
            ("Content-Type: multipart/mixed", "", "--x", "", "inside", "--x--"),
            "inside",
            id="boundary not declared",
        ),
        pytest.param(
            ("Content-Type: multipart/mixed; boundary=y", "", "--x", "", "inside", "--x--"),
            "inside",
            id="another boundary declared",
        ),
        pytest.param(
            ("Content-Type: multipart/mixed", ' boundary="x"', "", "--x", "", "inside", "--x--"),
            "inside",
            id="semicolon missing",
        ),
        pytest.param(
            ("Content-Type: multipart/mixed; boundary=x", "", "--x", "", "inside"),
            "inside",
            id="never closed",
        ),
        pytest.param(
            ("Content-Type: multipart/mixed; boundary=x", "", "no parts at all"),
            "no parts at all",
            id="no parts",
        ),
        pytest.param(
            ("Content-Type: multipart/mixed; boundary=x", "", "--x", "headless", "--x--"),
            "headless",
            id="part without head",
        ),
        pytest.param(("just text",), "just text", id="blank line missing"),
        pytest.param(("Content-Type: nonsense", "", "text"), "text", id="type without subtype"),
        pytest.param(("a line of junk", "X-More: 1", "", "text"), "text", id="junk in the head"),
        pytest.param(("", "a\0b"), "a\ufffdb", id="nul"),
    ],
)
def test_broken_mails_keep_their_text(lines: tuple[str, ...], text: str) -> None:
    assert parse_mail(FROM, *lines).text == text


def test_bare_carriage_returns_and_mbox_lines() -> None:
    assert parse_mail(b"From: a@example.com\r\rone\rtwo").text == "one\ntwo"
    assert parse_mail("From a@example.com Tue Jun  2", FROM, "", "x").text == "x"


def test_nesting_is_bounded_but_nothing_is_lost() -> None:
    lines: tuple[str, ...] = TEXT
    for depth in range(200):
        lines = (f'Content-Type: multipart/mixed; boundary="b{depth}"', "", f"--b{depth}", *lines)
    assert "plain words" in parse_mail(FROM, *lines).text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("koi8-r", "Здравствуйте, где моя посылка? Я жду уже две недели."),
        ("cp1251", "Здравствуйте, где моя посылка? Я жду уже две недели."),
        ("gb18030", "您好我两周前订购了一个包裹但到现在还没有收到。"),
        ("cp932", "お世話になっております。荷物がまだ届いていません。"),
        ("iso2022_jp", "お世話になっております。"),
        ("utf-16", "Where is it?"),
        ("cp1252", "Où est mon colis ? Déjà deux semaines…"),
    ],
)
def test_text_without_a_charset_is_read_by_what_it_looks_like(charset: str, text: str) -> None:
    assert parse_mail(FROM, "", text.encode(charset)).text == text


@pytest.mark.parametrize("label", ["win-1251", "x-cp1251", "Windows1251", '"cp-1251"', "cp1251"])
def test_charsets_by_the_names_that_mails_give_them(label: str) -> None:
    head = (FROM, f"Content-Type: text/plain; charset={label}", "")
    assert parse_mail(*head, "Где?".encode("cp1251")).text == "Где?"


def test_western_text_that_is_utf_8_is_read_as_such() -> None:
    head = (FROM, "Content-Type: text/plain; charset=iso-8859-1", "")
    assert parse_mail(*head, "città").text == "città"


def test_parts_behind_a_closing_delimiter_are_read() -> None:
    lines = ("--b", *TEXT, "--b--", "epilogue", "--b", *IMAGE, "--b--", "more")
    message = parse_mail(FROM, "Content-Type: multipart/mixed; boundary=b", "", *lines)
    assert message.text == "plain words"
    assert [each.content for each in message.attachments] == [PNG]
