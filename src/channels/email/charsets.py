"""Bytes to text when the charset is wrong, unknown or missing."""

import codecs
import re

import webencodings
from charset_normalizer import from_bytes

# Names found in mail, and the superset that writers really mean by narrow ones.
_ALIASES = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cn-gb": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "windows-874": "cp874",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ce": "mac-latin2",
    "big5": "big5hkscs",
}
# Codecs that are no charsets, or slower than linear.
_REFUSED = {
    "punycode",
    "idna",
    "undefined",
    "unicode-escape",
    "raw-unicode-escape",
    "unicode_escape",
}
_OVER_ASCII = {None, "utf-8", "cp1252"}
_WESTERN = {"cp1252", "cp1250", "iso8859-2", "iso8859-15"}
_MARKS = (
    (re.compile(rb"[^\x80-\xff]*?\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"[^\x80-\xff]*?\x1b(?:\$[@B(]|\([JI])"), "iso2022_jp_ext"),
    (re.compile(rb"\xff\xfe|\xfe\xff"), "utf-16"),
)
_LETTERS = b"etaoinsrhldcumfpgwybvkETAOINSRHLDCUMFPGWYBVK"
_DETECTED = [
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1255",
    "cp1256",
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
]
_DETECTABLE = 24  # characters beyond ASCII
_NUMBERED = re.compile(r"(?:x[-_])?(?:windows|win|cp|ibm|ansi)[-_ ]?(\d{3,4})")
_META_CHARSET = re.compile(
    rb"""<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE
)


def decode(data: bytes, charset: str | None = None) -> str:
    """Return `data` as text: by its declared charset, else as UTF-8, else by what it looks like.

    A declared charset that does not fit entirely loses against UTF-8 that does, and so does a
    western one of single bytes: its text is hardly ever UTF-8 by chance. Bytes that fit nothing
    become U+FFFD. Never raises.
    """
    codec = _codec(charset) if charset else None
    if data.isascii() and b"\x1b" not in data and codec in _OVER_ASCII:
        return data.decode("ascii")
    for candidate in _candidates(data, codec):
        text = _strictly(data, candidate)
        if text is not None:
            return text.removeprefix("\ufeff")
    if codec in {None, "utf-8"} and _looks_single_byte(data):
        codec = _guessed(data)
    return data.decode(codec or "utf-8", "replace").removeprefix("\ufeff")


def _candidates(data: bytes, codec: str | None) -> tuple[str, ...]:
    """Return the codecs to try in order; marks in the text itself count where nothing else does."""
    if codec in {None, "utf-8"}:
        marked = next((name for mark, name in _MARKS if mark.match(data)), None)
        return (marked, "utf-8") if marked else ("utf-8",)
    return ("utf-8", codec) if codec in _WESTERN else (codec, "utf-8")


def _guessed(data: bytes) -> str:
    """Return the likeliest charset of text in none that is declared.

    Where letters of ASCII prevail it is western; of a few characters nobody can tell.
    """
    head = data[:4096]
    high = sum(byte > 0x7F for byte in head)
    if high < _DETECTABLE or high < sum(head.count(letter) for letter in _LETTERS):
        return "cp1252"
    whole = head.rpartition(b"\n")[0] if len(data) > len(head) else head
    best = from_bytes(whole or head, cp_isolation=_DETECTED).best()
    return best.encoding if best else "cp1252"


def encode(text: str, charset: str) -> bytes:
    """Return `text` in a charset as mails name it, or in UTF-8 where that does not fit."""
    try:
        return text.encode(_codec(charset) or "utf-8")
    except UnicodeError:
        return text.encode("utf-8", "replace")


def meta_charset(html: bytes) -> str | None:
    """Return the charset that an HTML document declares for itself in its first 2 KiB."""
    found = _META_CHARSET.search(html, 0, 2048)
    return found[1].decode("ascii", "replace") if found else None


def _strictly(data: bytes, codec: str | None) -> str | None:
    if codec is None:
        return None
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _looks_single_byte(data: bytes) -> bool:
    """Mostly broken UTF-8 is some single-byte charset; a rare break is damage in transit."""
    head = data[:4096]
    high = sum(byte > 0x7F for byte in head)
    return head.decode("utf-8", "replace").count("\ufffd") * 2 > high


def _codec(charset: str) -> str | None:
    """Return Python's name of a charset; browsers' labels (WHATWG) count where it knows none."""
    name = charset.strip("\"'; \t").lower().removeprefix("charset=").partition("*")[0]
    name = _ALIASES.get(name, name)
    if not name.isascii() or len(name) > 40 or name in _REFUSED:
        return None
    numbered = _NUMBERED.fullmatch(name)
    label = webencodings.lookup(name)
    for known in (name, numbered and f"cp{numbered[1]}", label and label.codec_info.name):
        if known and (found := _lookup(known)):
            return found
    return None


def _lookup(name: str) -> str | None:
    try:
        info = codecs.lookup(name)
        b"-".decode(info.name)
    except UnicodeError:
        pass  # a charset of more than one byte a character
    except (LookupError, ValueError):
        return None
    return None if info.name in _REFUSED else info.name
