import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.filenames import MAX_BYTES, MAX_FILENAME, safe_filename


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("invoice 3.pdf", "invoice 3.pdf"),
        ("r\u00e9sum\u00e9 \u5c65\u6b74\u66f8.pdf", "r\u00e9sum\u00e9 \u5c65\u6b74\u66f8.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Users\\x\\a.txt", "C:_Users_x_a.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u2066b\u2069\u200e\ufeff.txt", "ab.txt"),
        ("a\r\nb\x1b.txt", "a b .txt"),
        ("con", "_con"),
        ("NUL.tar.gz", "_NUL.tar.gz"),
        ("com1 .txt", "_com1 .txt"),
        ("LPT\u00b2", "_LPT\u00b2"),
        ("console.log", "console.log"),
        (" . hidden . ", "hidden"),
        ("...", "file"),
        ("", "file"),
        ("\u202e", "file"),
    ],
)
def test_names_are_safe(name: str, safe: str) -> None:
    assert safe_filename(name, "file") == safe


def test_long_names_are_cut_and_keep_their_extension() -> None:
    for letter in ("a", "\u00e9", "\u5c65", "\U0001f600"):
        name = safe_filename(letter * 500 + ".pdf", "file")
        assert name.startswith(letter * 40)
        assert name.endswith(".pdf")
        assert len(name) <= MAX_FILENAME
        assert len(name.encode()) <= MAX_BYTES
    assert len(safe_filename("a." + "b" * 500, "file")) <= MAX_FILENAME


@given(st.text(max_size=400))
def test_every_name_can_be_saved(name: str) -> None:
    safe = safe_filename(name, "file")
    assert 0 < len(safe.encode()) <= 255
    assert not set(safe) & set("/\\\0\n\r\u202e\u2066")
    assert safe_filename(safe, "file") == safe
