"""What all tables share: column types, constraint names, references inside a workspace."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

WorkspaceId = Annotated[int, mapped_column(Integer, primary_key=True, autoincrement=False)]
RowId = Annotated[UUID, mapped_column(primary_key=True)]
Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Position = Annotated[int, mapped_column(BigInteger)]
Document = Annotated[dict[str, Any], mapped_column(JSONB)]
"""Queried inside the database."""
Record = Annotated[dict[str, Any], mapped_column(JSON)]
"""Written once and read whole: `json` spares the binary conversion on the hot path."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map = {str: Text, int: Integer}  # noqa: RUF012 - SQLAlchemy's own hook


def inside_workspace(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A reference to `table` that cannot leave the row's own workspace."""
    return ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{table}.workspace_id", f"{table}.id"],
        **options,
    )


def followed(table: str, *, cascade: bool = False) -> dict[str, Any]:
    """`info` of a column that refers to `table` inside its workspace without a foreign key.

    Whoever writes such a row has made or locked what it leads to in the same transaction, or leads
    to what is archived and never deleted; hence nothing is asked then. Deleting is followed by a
    trigger: refused while rows refer, or `cascade` to them.
    """
    return {"followed": table, "cascade": cascade}


def one_of(column: str, *values: str) -> CheckConstraint:
    """A closed vocabulary, kept by the database."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)
