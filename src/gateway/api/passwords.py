"""Passwords and codes as clients send them: never shown again, in no error and in no log."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

Password = Annotated[SecretStr, Field(min_length=1, max_length=200)]
NewPassword = Annotated[
    SecretStr, Field(min_length=12, max_length=200, description="12 characters or more: a phrase")
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]
