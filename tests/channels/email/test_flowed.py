import pytest
from tests.channels.builders import parse_mail

from channels.email.flowed import unflowed


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("one \n\ntwo", "one \n\ntwo"),
        (">one \n>two\n>> deep \n> not", "> one two\n>> deep \n> not"),
        (" From here\n >shown", "From here\n>shown"),
        ("words \n-- \nAda \nL", "words \n-- \nAda L"),
        ("end ", "end "),
    ],
)
def test_unflowed(text: str, whole: str) -> None:
    assert unflowed(text, is_space_deleted=False) == whole


def test_the_blank_of_a_soft_break_may_be_no_words() -> None:
    assert unflowed("荷物は \nどこ", is_space_deleted=True) == "荷物はどこ"


def test_a_flowed_mail_is_read_by_its_parameters() -> None:
    head = ("From: a@example.com", 'Content-Type: text/plain; Format="Flowed"; DelSp=yes', "")
    assert parse_mail(*head, "bro ", "ken").text == "broken"
    assert parse_mail("From: a@example.com", "", "bro ", "ken").text == "bro \nken"
