import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.addresses import is_email, is_whatsapp, normalise_email, normalise_phone, whatsapp


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" Ada.Lovelace@Example.COM ", "ada.lovelace@example.com"),
        ("info@B\u00dcCHER.example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("JOS\u00c9@example.com", "jos\u00e9@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("who@\u2603.\u00ad", "who@\u2603.\u00ad"),
        ("No Address", "no address"),
    ],
)
def test_normalise_email(raw: str, expected: str) -> None:
    assert normalise_email(raw) == expected


@pytest.mark.parametrize(
    "address", ["a@b.co", "first.last+tag@sub.example.com", "o'neil@x-y.example", "a@b.xn--p1ai"]
)
def test_is_email(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "@b.co",
        "a@",
        "a b@c.de",
        "a@b..co",
        "a@-b.co",
        "a@b.co\n",
        "<a@b.co>",
        "a@b@c.de",
        "a@b.co,c@d.ef",
        f"{'a' * 65}@b.co",
        f"a@{'b.' * 130}co",
    ],
)
def test_is_no_email(address: str) -> None:
    assert not is_email(address)


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+393331234567", None, "+393331234567"),
        ("whatsapp:+393331234567", None, "+393331234567"),
        ("+39 333 123-4567", None, "+393331234567"),
        ("0039 333 1234567", "IT", "+393331234567"),
        ("333 1234567", "IT", "+393331234567"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("48022", None, "48022"),
        ("ACME Bank", None, "ACME Bank"),
        ("", None, ""),
    ],
)
def test_normalise_phone(raw: str, region: str | None, expected: str) -> None:
    assert normalise_phone(raw, region) == expected


@given(st.text(max_size=300))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_email(normalise_email(text)) == normalise_email(text)
    normalise_phone(text)
    is_email(text)


def test_whatsapp_addresses() -> None:
    assert is_whatsapp("whatsapp:+1")
    assert not is_whatsapp("+1")
    assert whatsapp("+1") == whatsapp("whatsapp:+1") == "whatsapp:+1"
