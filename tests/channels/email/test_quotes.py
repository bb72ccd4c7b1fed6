"""The new text of plain mails; those of HTML are in test_quoted_html.py."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.builders import parse_mail
from tests.channels.email.quote_samples import HEADS, REPLY_HEADERS, RULES

from channels.email.quote_languages import LANGUAGES
from channels.email.quotes import new_text

NEW = "Yes, please.\n\nThank you\nAnn"
FORWARD = """---------- Forwarded message ---------
From: Bob <b@x.example>
Date: 3 March
Subject: Hi
To: a@example.com

What Bob wrote.
"""
HEADERS = [header for headers in REPLY_HEADERS.values() for header in headers]


@pytest.mark.parametrize("header", HEADERS)
def test_an_introduction_ends_the_new_text_in_every_language(header: str) -> None:
    quoted = "> We have it.\n>\n> Shall we send it?"
    assert new_text(f"{NEW}\n\n{header}\n\n{quoted}\n") == NEW
    assert new_text(f"{NEW}\n{header}\n{quoted}") == NEW
    assert new_text(f"{NEW}\n\n{header}\n\nWe have it.\nShall we send it?\n") == NEW


@pytest.mark.parametrize("header", HEADERS)
def test_an_introduction_may_be_quoted_itself(header: str) -> None:
    quoted = "> " + header.replace("\n", "\n> ")
    assert new_text(f"{NEW}\n\n{quoted}\n>\n> We have it.\n") == NEW


@pytest.mark.parametrize("header", HEADERS)
def test_answers_below_the_quotation_are_new(header: str) -> None:
    assert new_text(f"{header}\n> We have it.\n>\n> Shall we send it?\n\n{NEW}\n") == NEW


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
def test_the_head_of_a_quoted_mail_ends_the_new_text(head: str) -> None:
    old = "We have it.\nShall we send it?\n"
    assert new_text(f"{NEW}\n\n{head}\n\n{old}") == NEW
    assert new_text(f"{NEW}\n________________________________\n{head}\n{old}") == NEW
    spaced = head.replace("\n", "\n\n")
    assert new_text(f"{NEW}\n\n{spaced}\n\n{old}") == NEW


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_ends_the_new_text(rule: str) -> None:
    assert new_text(f"{NEW}\n\n{rule}\n\nWe have it.\n") == NEW
    assert new_text(f"{NEW}\n\n> {rule}\n>\n> We have it.\n") == NEW


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("*From:* Desk\n*Sent:* 2026-03-03\n*To:* Ann\n*Subject:* Parcel\n\nold", None),
        ("New.\n\n*From:* Desk\n*Sent:* 2026-03-03\n*To:* Ann\n*Subject:* Parcel\n\nold", "New."),
        ("New.\nFrom: Desk <d@x.example> Sent: 3 March To: Ann Subject: Hi\nold", "New."),
        ("New.\n\nInactive hide details for Desk ---03/03/2026 09:15---Hi\n\nold", "New."),
        ("New. On Tue, Mar 3, 2026 at 9:15 AM, d@x.example wrote:\n> old", "New."),
        ("New.\n\n2026/3/3 Desk <d@x.example>\n\n> old", "New."),
        ("New.\n\n> old\n> older", "New."),
        ("New.\n\nDesk wrote:\n> old", "New."),
        ("New.\n\nQuoting Desk <d@x.example>:\n\n> old", "New."),
        ("New.\n\nOn Tue, 3 Mar 2026, Desk wrote:\n\n> old", "New."),
        ("New.\n\nUne 3 mz 2026 9:15 pa\nDesk <d@x.example> qarko:\n\n> old", "New."),
        ("The page says:\n\n> Error 500\n", None),
        ("> old\n\nNew.", None),
        (
            "> which one?\nThis one.\n> when?\nNow.\n> bye\n> Desk",
            "> which one?\nThis one.\n> when?\nNow.",
        ),
    ],
)
def test_shapes(text: str, new: str | None) -> None:
    assert new_text(text) == new


def test_answers_between_introduced_quotations_are_new() -> None:
    text = (
        "Hello,\n\nOn 03/03/2026 09:15, Desk wrote:\n> Which one?\n\nThe blue one.\n\n"
        "> When?\n> And where?\n\nHere and now.\n\n> Bye,\n> Desk\n"
    )
    assert new_text(text) == "Hello,\n\nThe blue one.\n\nHere and now."


def test_a_link_that_was_wrapped_belongs_to_its_quotation() -> None:
    text = "New.\n\nOn 03/03/2026 09:15, Desk wrote:\n> See (http://x.example/a\n_b=1)\n> Bye\n"
    assert new_text(text) == "New."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Where is it?",
        "> only old",
        "On 03/03/2026 09:15, Desk wrote:\n> only old\n",
        FORWARD,
        "Begin forwarded message:\n\n> From: Bob <b@x.example>\n> Subject: Hi\n>\n> Bob's words.",
        "From: Bob <b@x.example>\nSent: 3 March\nTo: Ann\nSubject: Hi\n\nWhat Bob wrote.",
        "-- \nAnn",
        "Sent from my iPhone",
    ],
)
def test_nothing_to_read_is_ever_left_out(text: str) -> None:
    assert new_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "My wife wrote to you on 12.3.2026 about these:\n- a lamp\n- a chair",
        "I sent the photos to claims@shop.example:\none.jpg",
        "On 3 May 2026 the courier wrote:\n'We came.'\nBut nobody came.",
        "On 3 May I wrote to you:\nnothing came.",
        "Meine Kollegin schrieb am 3.5.2026 um 10:30 folgende Punkte:\n- Lampe",
        "From: Milan\nTo: Rome\nDate: 3 May 2026, 14:30\n\nThat was my trip.",
        "From: Ann <ann@x.example>\nSubject: Help\n\nMessage:\nWhere is it?",
        "Date: 3 May\nTime: 10:00\nAddress: 1 High Street",
        "A: yes\nB: no",
        "Order 2026-03-03 10:15 for Ann <ann@x.example>\nis missing",
        "First.\n---\nSecond.\n---\nThird.",
        "---- Enter your answer below ----\nIt is fine.",
        "I wrote it in the form:\n\n```\n# heading\n> quoted by hand\n```\n\nwhy?",
        ">>> buy <<<\nnow",
    ],
)
def test_what_only_looks_like_history_stays(text: str) -> None:
    assert new_text(f"Hello,\n\n{text}") is None


def test_a_mail_keeps_its_whole_text() -> None:
    header = REPLY_HEADERS["Italian"][0]
    message = parse_mail(
        "From: a@example.com", "", "Sì.", "", *header.split("\n"), "", "> Va bene?"
    )
    assert message.new_text == "Sì."
    assert message.text.endswith("> Va bene?")


def test_a_text_of_many_lines_is_read_at_its_beginning() -> None:
    log = "line\n" * 20_000
    assert new_text(f"Here is the log:\n{log}") is None
    quoted = "> old\n" * 20_000
    assert new_text(f"New.\n\nOn 03/03/2026 09:15, Desk wrote:\n{quoted}") == "New."


def test_words_of_the_table_are_casefolded_and_there() -> None:
    assert len(LANGUAGES) >= 20
    for language in LANGUAGES:
        names = set(language.__slots__) - {"name", "openers"}
        words = [word for name in names for word in language.words(name)]
        assert [word for word in words if word != word.casefold() or word != word.strip()] == []


PIECES = [
    *HEADERS,
    *HEADS.values(),
    *RULES,
    "Hello,",
    "it works.",
    "",
    "> old",
    ">> older",
    "-- ",
    "--",
    "-Ann",
    "Sent from my iPhone",
    "________________",
    "\ufdd0",
    "\ufdd1",
    "\ufdd8",
    "a@x.example",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=20).map("\n".join)


@given(TEXTS)
def test_new_text_is_part_of_the_text_and_never_nothing(text: str) -> None:
    new = new_text(text)
    if new is None:
        return
    assert new.strip()
    rest = iter(text.split("\n"))
    for line in filter(str.strip, new.split("\n")):
        assert any(line.strip() in each for each in rest), line


@given(TEXTS, TEXTS)
def test_marks_never_raise_and_never_show(text: str, other: str) -> None:
    new = new_text(
        text, f"\ufdd0\n{text}\n\ufdd1\n\ufdd2\n{other}\n\ufdd3\n{text}\n\ufdd8\n{other}"
    )
    assert new is None or new.strip()


@pytest.mark.parametrize("header", HEADERS)
def test_new_text_has_no_history_of_its_own(header: str) -> None:
    once = new_text(f"{NEW}\n\n{header}\n> old\n\nAnd this.\n-- \nAnn")
    assert once == f"{NEW}\n\nAnd this."
    assert new_text(once) is None


HOSTILE = {
    "marks": ">",
    "quotations": "> a\nb\n",
    "blank lines": "\n",
    "labels": "From:\n",
    "heads": "From: a@x.example\nSent: x\n",
    "half introductions": "On Tue, 3 Mar 2026 09:15\n",
    "introductions": "On 2026 wrote:\n",
    "colons": "a:\n",
    "words": "On 3 wrote " * 40 + ":\n",
    "brackets": "<(" * 200 + " wrote:\n",
    "one line": "On 3 Mar 2026 wrote: <(",
    "rules": "____________________\na\n",
    "delimiters": "--\n",
    "addresses": "a@x.example 3 Mar 2026 09:15\n>:\n",
    "verbs": "在写道:\n",
    "devices": "Sent from my iPhone\n",
}


def seconds(unit: str, size: int) -> float:
    text = "New.\n\n" + unit * (size // len(unit))
    begin = time.process_time()
    new_text(text)
    return time.process_time() - begin


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_size(unit: str) -> None:
    small = min(seconds(unit, 10_000) for _ in range(2))
    large = min(seconds(unit, 100_000) for _ in range(2))
    assert large < 0.1 + 25 * small


@pytest.mark.parametrize("name", ["marks", "quotations", "words", "verbs"])
def test_a_megabyte_takes_a_moment(name: str) -> None:
    assert seconds(HOSTILE[name], 1_000_000) < 3
