"""Errors in the log: what they are and where they arose, never their own text.

The text of an adapter's or the database's error may quote the message or its recipient.
"""

import traceback
from typing import Any

from gateway.database.connections import is_database_away


def told(error: Exception) -> dict[str, Any]:
    """Return what a log line may say of an error; of a lost database, its name is enough."""
    told_of = {"error": type(error).__name__}
    if is_database_away(error):
        return told_of
    return {**told_of, "frames": traceback.format_tb(error.__traceback__)}
