"""What a file is, by its first bytes: senders err and lie.

The signatures are those of the WHATWG's MIME Sniffing Standard, with the formats beside that
customers send and that harm. Formats without a signature, such as plain text, are believed.
"""

import re
from collections.abc import Iterable

BINARY = "application/octet-stream"
HEAD = 4_096
"""How many bytes are looked at."""

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?[\t\n\f\r ]*(?=<)")
_HTML = re.compile(
    rb"<(?:!doctype[ ]html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|meta"
    rb"|base|form|img|input|link|object|embed|template|!--)(?=[\t\n\f\r />]|(?<=--)|\Z)",
    re.IGNORECASE,
)
_SVG = re.compile(rb"<(?:[a-z]{1,20}:)?svg[\t\n\f\r />:]", re.IGNORECASE)
_XHTML = re.compile(rb"<html[\t\n\f\r />]|<!doctype[ ]html|/1999/xhtml", re.IGNORECASE)
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

# Signatures, the type, and what else the same bytes may rightly be called.
_PLAIN_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "image/png", r"image/apng"),
    (rb"\xff\xd8\xff", "image/jpeg", ""),
    (rb"GIF8[79]a", "image/gif", ""),
    (rb"RIFF....WEBPVP", "image/webp", ""),
    (rb"RIFF....WAVE", "audio/wav", r"audio/(x-wav|wave|vnd\.wave)"),
    (rb"RIFF....AVI ", "video/x-msvideo", r"video/(avi|msvideo)"),
    (rb"II\*\0|MM\0\*", "image/tiff", r"image/x-.*"),
    (rb"\0\0[\x01\x02]\0", "image/x-icon", r"image/vnd\.microsoft\.icon"),
    (rb"....ftypavi[fs]", "image/avif", ""),
    (rb"....ftyp(?:hei|hev|mif1|msf1)", "image/heic", r"image/hei[cf](-sequence)?"),
    (rb"....ftypqt  ", "video/quicktime", ""),
    (rb"....ftyp3g", "video/3gpp", r"(audio|video)/3gpp2?"),
    (rb"....ftypM4A", "audio/mp4", r"audio/.*"),
    (rb"....ftyp", "video/mp4", r"(audio|video)/.*|application/mp4"),
    (rb"\x1a\x45\xdf\xa3", "video/webm", r"(audio|video)/(webm|x-matroska|matroska)"),
    (rb"OggS\0", "application/ogg", r"(audio|video)/.*"),
    (rb"ID3|\xff[\xfb\xf3\xf2]", "audio/mpeg", r"audio/.*"),
    (rb"fLaC", "audio/flac", r"audio/.*"),
    (rb"#!AMR", "audio/amr", r"audio/.*"),
    (rb"MThd\0\0\0\x06", "audio/midi", r"audio/.*"),
    (rb"%PDF-", "application/pdf", r"application/(illustrator|vnd\.adobe\..*)"),
    (rb"%!PS-Adobe-", "application/postscript", ""),
    (rb"\{\\rtf", "application/rtf", r"text/rtf|application/msword"),
    (
        rb"PK\x03\x04|PK\x05\x06",
        "application/zip",
        r"application/.*(document|\+zip|java-archive|package-archive|ms-|\.apple\.|\.kmz).*",
    ),
    (rb"Rar!\x1a\x07", "application/vnd.rar", ""),
    (rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", ""),
    (rb"\x1f\x8b\x08", "application/gzip", r"application/.*(tar|tgz|compressed).*"),
    (rb"BZh[1-9]1AY&SY", "application/x-bzip2", r"application/.*(tar|compressed).*"),
    (rb"\xfd7zXZ\0", "application/x-xz", ""),
    (
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "application/x-ole-storage",
        r"application/(msword|vnd\.(ms-|visio|openxml).*|x-msi.*|x-msg)",
    ),
    (rb"\x7fELF", "application/x-executable", r"application/x-(elf|sharedlib|object)"),
    (rb"wOF[F2]", "font/woff", r"(font|application)/.*"),
)
_SHORT_SIGNATURES = (
    (rb"MZ", "application/vnd.microsoft.portable-executable", ""),
    (rb"BM", "image/bmp", r"image/x-.*"),
)
"""Words may begin so: these count only where controls follow."""


def _compiled(
    signatures: Iterable[tuple[bytes, str, str]],
) -> tuple[tuple[re.Pattern[bytes], str, re.Pattern[str]], ...]:
    return tuple(
        (re.compile(signature, re.DOTALL), media_type, re.compile(kin))
        for signature, media_type, kin in signatures
    )


_PLAIN = _compiled(_PLAIN_SIGNATURES)
_SHORT = _compiled(_SHORT_SIGNATURES)
_SIGNED = frozenset(media_type for _, media_type, _ in _PLAIN_SIGNATURES) | {"image/bmp"}


def media_type(declared: str) -> str:
    """Return a declared type without its parameters, or "" where it is none (RFC 6838)."""
    bare = declared.partition(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else ""


def sniffed(content: bytes, declared: str) -> str:
    """Return the media type of a file's bytes.

    Of several types that the same bytes may bear, it is the declared one. Where the bytes lack the
    signature of what they are declared to be, or text is none, they are `application/octet-stream`.
    """
    head, believed = content[:HEAD], media_type(declared)
    is_binary = _CONTROL.search(head) is not None
    for signature, found, kin in _PLAIN + (_SHORT if is_binary else ()):
        if signature.match(head):
            return believed if believed and kin.fullmatch(believed) else found
    if (markup := _MARKUP.match(head)) and (
        found_markup := _markup(head[markup.end() :], believed)
    ):
        return found_markup
    if not believed:
        return BINARY if is_binary else "text/plain"
    is_text = not is_binary or head.startswith(_UTF16)
    is_wrong = believed in _SIGNED or (believed.startswith("text/") and not is_text)
    return BINARY if is_wrong else believed


def _markup(head: bytes, believed: str) -> str | None:
    """Tell the kinds of markup that a browser would run from the others."""
    is_xml = head[:5].lower() == b"<?xml"
    if _SVG.search(head) and (is_xml or not _HTML.match(head)):
        return "image/svg+xml"
    if is_xml:
        if _XHTML.search(head):
            return "application/xhtml+xml"
        return believed if believed.endswith(("+xml", "/xml")) else "text/xml"
    return "text/html" if _HTML.match(head) else None
