"""The second factor: codes of an app (RFC 6238), and codes that replace the app once each."""

import hashlib
import secrets
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError

RECOVERY_CODES = 10
RECOVERY_BYTES = 10
STEPS_ASIDE = 1
"""Codes of the time step before and after count too: clocks differ, and people are slow."""


def new_secret() -> str:
    """A secret in base32, as apps read it."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, email: str) -> str:
    """What apps read off a QR code: `otpauth://totp/...`."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Sportello")


def step_of(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The time step that a code belongs to, if it is right and later than the last one taken."""
    try:
        step = pyotp.TOTP(secret).verify_and_get_timecode(
            code.replace(" ", ""), for_time=now, valid_window=STEPS_ASIDE
        )
    except OTPVerificationError:
        return None
    return step if step > last_step else None


def new_recovery_codes() -> list[str]:
    """Codes with 80 random bits each, to be written down."""
    return [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str) -> bytes:
    """A fast hash is enough: nobody has chosen the code."""
    return hashlib.sha256(code.strip().lower().encode()).digest()
