"""Addresses in the one form that identifies their owner."""

import re
import unicodedata

import idna
import phonenumbers

MAX_EMAIL = 254
"""The longest address that a mail path can carry (RFC 5321 section 4.5.3.1.3)."""

_EMAIL = re.compile(
    r"""[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,62}"""
)
_WHATSAPP = "whatsapp:"
_PHONE_NOISE = re.compile(r"[\s().\-\u2010-\u2015/]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_email(address: str) -> bool:
    """Tell cheaply, without DNS, whether mail could be sent to `address`."""
    return len(address) <= MAX_EMAIL and _EMAIL.fullmatch(address) is not None


def normalise_email(address: str) -> str:
    """Return an address in lower case with its domain in ASCII (RFC 5891), as far as it goes.

    The local part is lowered too: case-sensitive mailboxes exist on paper only, while people
    write their own address in every case. What is not an address comes back lowered.
    """
    address = address.strip()
    if address.isascii():
        return address.lower()
    local, at, domain = unicodedata.normalize("NFC", address).rpartition("@")
    return f"{local.lower()}{at}{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    if len(domain) > MAX_EMAIL:
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return domain.lower()


def normalise_phone(address: str, region: str | None = None) -> str:
    """Return a telephone number in E.164, without the `whatsapp:` prefix that Twilio adds.

    `region` (ISO 3166 alpha-2) reads numbers without a country code. Short codes, alphanumeric
    senders and whatever else is no full number come back as they are.
    """
    bare = address.strip().removeprefix(_WHATSAPP)
    compact = _PHONE_NOISE.sub("", bare)
    if _E164.fullmatch(compact):
        return compact
    try:
        number = phonenumbers.parse(bare[:64], region)
    except phonenumbers.NumberParseException:
        return bare
    if not phonenumbers.is_possible_number(number):
        return bare
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_whatsapp(address: str) -> bool:
    """Tell whether Twilio's address is one on WhatsApp."""
    return address.startswith(_WHATSAPP)


def whatsapp(number: str) -> str:
    """Return a number as Twilio names it on WhatsApp."""
    return _WHATSAPP + number.removeprefix(_WHATSAPP)
