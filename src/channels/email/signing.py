"""DKIM signatures of our own mail (RFC 6376), by the channel's key."""

import re
from dataclasses import dataclass, field
from email.message import EmailMessage

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from channels.addresses import normalise_email
from channels.contract import ChannelConfig
from channels.email.submission import misconfigured

SELECTOR = "dkim_selector"
PRIVATE_KEY = "dkim_private_key"
LEAST_BITS = 1024
"""RFC 8301 section 3.2; 2048 are usual."""

SELECTOR_FORM = "must be a name of DNS, such as mail2026"

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,3}}")
_CANONICAL = (b"relaxed", b"relaxed")
# Message-ID is left out: some relays put one of their own (RFC 6376 section 5.4.1 names these).
_SIGNED = frozenset(
    {
        "from",
        "to",
        "subject",
        "date",
        "reply-to",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "list-unsubscribe",
        "list-unsubscribe-post",
    }
)
# Signed once more than they are there, so that nobody adds a second one (section 8.15).
_SEALED = ("from", "to", "subject", "date")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """Setting `dkim_selector` and secret `dkim_private_key`: RSA, PEM.

    Its public half lies in DNS under `{selector}._domainkey.{domain}`.
    """

    domain: str
    selector: str
    pem: bytes = field(repr=False)

    @classmethod
    def of(cls, channel: ChannelConfig) -> "DkimKey | None":
        """Return the key of a channel, for the domain of its address; None if it signs nothing.

        Raises:
            SendFailed: MISCONFIGURED, saying which of the two is wrong or missing.
        """
        selector, pem = channel.settings.get(SELECTOR), channel.secrets.get(PRIVATE_KEY)
        if not selector and not pem:
            return None
        if not selector or not pem:
            raise misconfigured(PRIVATE_KEY if selector else SELECTOR, "is not set")
        if not is_selector(selector):
            raise misconfigured(SELECTOR, SELECTOR_FORM)
        try:
            key = private_key(pem)
        except ValueError as error:
            raise misconfigured(PRIVATE_KEY, str(error)) from None
        domain = normalise_email(channel.address).rpartition("@")[2]
        return cls(domain, selector, _plain(key))

    def sign(self, mail: EmailMessage) -> bytes:
        """Return the mail's bytes with its signature before them."""
        raw = mail.as_bytes()
        present = [name.lower() for name in mail if name.lower() in _SIGNED]
        signature: bytes = dkim.sign(
            raw,
            self.selector.encode(),
            self.domain.encode(),
            self.pem,
            canonicalize=_CANONICAL,
            include_headers=[name.encode() for name in (*present, *_SEALED)],
        )
        return signature + raw


def is_selector(selector: str) -> bool:
    """Tell whether a selector can stand in DNS (RFC 6376 section 3.1)."""
    return _SELECTOR.fullmatch(selector) is not None


def private_key(pem: str) -> RSAPrivateKey:
    """Read a private key. Its numbers are not proven, which would take a tenth of a second.

    Raises:
        ValueError: saying what it must be, and nothing of what it is.
    """
    try:
        key = load_pem_private_key(
            pem.strip().encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("must be a private key in PEM, without a password") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise ValueError(f"must be an RSA key of {LEAST_BITS} bits or more")
    return key


def _plain(key: RSAPrivateKey) -> bytes:
    """Return the one form of PEM that dkimpy is sure to read."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
