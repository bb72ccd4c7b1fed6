"""Encryption of the channels' secrets at rest."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

import orjson
from cryptography.fernet import Fernet, InvalidToken

from gateway.settings import Settings

KEY_FILE = "secret.key"


class SecretKeyError(Exception):
    """The secret key is missing, malformed, or not the one that the data was encrypted with."""


class SecretBox:
    """Encrypts and decrypts a channel's secrets with one Fernet key."""

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key)
            self._key = base64.urlsafe_b64decode(key)
        except ValueError as error:
            raise SecretKeyError(
                "SPORTELLO_SECRET_KEY must be 32 url-safe base64 bytes: "
                "make one with `sportello keys secret`"
            ) from error

    def derived(self, purpose: bytes) -> bytes:
        """A key of 32 bytes for another purpose, which does not give this one away."""
        return hmac.digest(self._key, purpose, hashlib.sha256)

    def seal(self, secrets: Mapping[str, str]) -> bytes:
        return self._fernet.encrypt(orjson.dumps(dict(secrets)))

    def open(self, sealed: bytes | None) -> dict[str, str]:
        """Raises SecretKeyError if another key sealed it."""
        if sealed is None:
            return {}
        try:
            opened: dict[str, str] = orjson.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise SecretKeyError(
                "a channel's secrets were encrypted with another key: "
                "set SPORTELLO_SECRET_KEY to the former one, or enter the secrets again"
            ) from error
        return opened


def new_key() -> str:
    return Fernet.generate_key().decode()


def secret_box(settings: Settings) -> SecretBox:
    """The box of this installation.

    With the embedded database a key is made on the first start and kept in the data folder;
    elsewhere it must be set, since every process of a team needs the same.

    Raises:
        SecretKeyError: no key is set, or it is malformed.

    """
    if settings.secret_key is not None:
        return SecretBox(settings.secret_key.get_secret_value())
    if not settings.is_embedded:
        raise SecretKeyError(
            "SPORTELLO_SECRET_KEY is not set: make one with `sportello keys secret` "
            "and give it to every process"
        )
    return SecretBox(_kept_key(settings.data_folder / KEY_FILE))


def _kept_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(key := new_key())
    return key
