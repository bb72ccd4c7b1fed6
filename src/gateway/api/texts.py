"""Texts that clients may send: what PostgreSQL cannot keep is refused where it comes in."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

NAME_LENGTH = 200
VALUE_LENGTH = 2_000
SETTING_LENGTH = 20_000


def storable(text: str) -> str:
    """Refuse NUL and lone surrogates, which no text column takes.

    Raises:
        ValueError: the text holds one.

    """
    if "\0" in text or not _is_utf8(text):
        raise ValueError("must be valid Unicode without NUL")
    return text


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(storable)
]
"""What somebody wrote: not empty, blanks around it are dropped. Bound it with `Field`."""

Name = Annotated[Text, Field(max_length=NAME_LENGTH)]
"""A name of something."""

LanguageTag = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35),
    Field(description="BCP 47, such as `it` or `pt-BR`"),
]

Value = Annotated[str, StringConstraints(max_length=VALUE_LENGTH), AfterValidator(storable)]
"""An address, an attribute or a search, kept as it is."""

Given = Value | bool | int | float | None
"""A value of an attribute as clients write it; null takes it away."""

Setting = Annotated[str, StringConstraints(max_length=SETTING_LENGTH), AfterValidator(storable)]
"""A channel's setting or secret: long enough for the fields of a form, or a private key."""
