"""What the text of an attribute says, read as a number, a date or a truth value."""

import re
from datetime import date
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,10})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUTH: Final = {"true": True, "false": False}


def read_number(text: str) -> int | float | None:
    """Whole numbers and decimals, as attributes are kept: `42`, `1.5`."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def read_date(text: str) -> date | None:
    """ISO 8601, as `2030-01-31`."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def read_bool(text: str) -> bool | None:
    return _TRUTH.get(text)


def kept(value: float | bool | date) -> str:
    """Write what is read as it was."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
