"""The new text of mails that are HTML alone, as each mail program writes them."""

import pytest
from tests.channels.builders import parse_mail


def new_text_of(markup: str) -> str | None:
    head = ("From: a@x.example", "Content-Type: text/html; charset=utf-8", "")
    return parse_mail(*head, *markup.split("\n")).new_text


INTRODUCTION = (
    "On Tue, Mar 3, 2026 at 9:15 Desk &lt;<a href='mailto:d@x.example'>d@x.example</a>&gt;"
)
FORWARD = (
    "---------- Forwarded message ---------<br>From: <b>Bob</b> &lt;bob@x.example&gt;<br>"
    "Date: Tue, 3 Mar 2026<br>Subject: Hi<br>To: a@x.example<br>"
)
OUTLOOK = "<b>{}:</b> D &lt;d@x.example&gt;<br><b>{}:</b> 3<br><b>{}:</b> b<br><b>{}:</b> s"

MAILS = {
    "Gmail": f"""<div dir="ltr">New.<div>Ann</div></div><br><div class="gmail_quote">
        <div dir="ltr" class="gmail_attr">{INTRODUCTION} wrote:<br></div>
        <blockquote class="gmail_quote">old</blockquote></div>""",
    "Gmail in a language unknown": f"""<div>New.</div>Ann<div class="gmail_quote">
        <div dir="ltr" class="gmail_attr">qq zz {INTRODUCTION} qqqq<br></div>
        <blockquote class="gmail_quote">old</blockquote></div>""",
    "Gmail, answered between": f"""<div class="gmail_quote"><div class="gmail_attr">{INTRODUCTION}
        wrote:</div><blockquote class="gmail_quote">old</blockquote><div>New.</div>
        <blockquote class="gmail_quote">older</blockquote><div>Ann</div></div>""",
    "Gmail, forwarded with a word": f"""<div>New.<br>Ann</div><div class="gmail_quote">
        <div class="gmail_attr">{FORWARD}</div><div>what Bob wrote</div></div>""",
    "Outlook": f"""<p>New.</p><p>Ann</p><div style="border-top:solid"><p>
        {OUTLOOK.format("Da", "Inviato", "A", "Oggetto")}</p></div><p>old</p>""",
    "Outlook on the web": f"""<div>New.<br>Ann</div><div id="appendonsend"></div><hr>
        <div id="divRplyFwdMsg">{OUTLOOK.format("Qq", "Zz", "Yy", "Xx")}</div><div>old</div>""",
    "Outlook, quoted by another": f"""<div>New.<br>Ann</div><hr>
        <div id="x_divRplyFwdMsg">{OUTLOOK.format("Qq", "Zz", "Yy", "Xx")}</div><div>old</div>""",
    "Outlook for Mac": "New.<br>Ann<span id='OLK_SRC_BODY_SECTION'><div>old</div></span>",
    "Apple Mail": f"""New.<br>Ann<br><br><blockquote type="cite">{INTRODUCTION} wrote:<br>
        </blockquote><blockquote type="cite">old</blockquote>""",
    "Thunderbird": """New.<br><div class="moz-cite-prefix">Qq 3/3/26 zz:<br></div>
        <blockquote type="cite" cite="mid:1@x.example">old</blockquote><p>Ann</p>
        <pre class="moz-signature">-- <br>Ann</pre>""",
    "Yahoo": "New.<br>Ann<div class='yahoo_quoted'><div>Qq zz</div><div>old</div></div>",
    "Proton": """New.<br>Ann<div class="protonmail_quote">Qq<blockquote>old</blockquote></div>""",
    "Zoho": "New.<br>Ann<div class='zmail_extra'>---- Qq ----<blockquote>old</blockquote></div>",
    "Spark": """<div name="messageBodySection">New.<br>Ann</div><div name="messageSignatureSection">
        Sparkly</div><div name="messageReplySection">Qq <blockquote>old</blockquote></div>""",
    "Gmail's signature": "New.<br>Ann<div class='gmail_signature'>Ann Neri<br>02 1234</div>",
    "plain introduction": f"New.<br>Ann<p>{INTRODUCTION} wrote:</p><p>old</p>",
}


@pytest.mark.parametrize("markup", MAILS.values(), ids=MAILS.keys())
def test_mail_programs(markup: str) -> None:
    assert (new_text_of(markup) or "").split() == ["New.", "Ann"]


@pytest.mark.parametrize(
    "markup",
    [
        "<p>They told me:</p><blockquote>no refund</blockquote><p>Is that right?</p>",
        "<p>They told me:</p><blockquote>no refund</blockquote>",
        f'<div><br></div><div class="gmail_quote"><div class="gmail_attr">{FORWARD}</div>hi</div>',
        '<div id="appendonsend"></div><div id="divRplyFwdMsg">From: Bob</div><div>hi</div>',
        '<blockquote type="cite">all of it is old</blockquote>',
        '<div class="gmail_signature">Ann</div>',
        "<p>nothing quoted</p>",
    ],
)
def test_what_must_stay(markup: str) -> None:
    assert new_text_of(markup) is None


def test_a_plain_form_goes_before_the_markup() -> None:
    message = parse_mail(
        "From: a@x.example",
        "Content-Type: multipart/alternative; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "New.",
        "",
        "> old",
        "--b",
        "Content-Type: text/html",
        "",
        "<p>New in HTML.</p><blockquote type=cite>old</blockquote>",
        "--b--",
    )
    assert message.new_text == "New."
