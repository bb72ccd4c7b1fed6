"""What a workspace wants to know of contacts and conversations."""

from typing import Literal, get_args

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import Base, CreatedAt, RowId, WorkspaceId, one_of

AttributeType = Literal["text", "number", "bool", "date", "choice"]
Subject = Literal["contact", "conversation"]


class AttributeDefinition(Base):
    """An attribute with its type; names are of both subjects together, as rules ask for them."""

    __tablename__ = "attribute_definition"
    __table_args__ = (
        one_of("subject", *get_args(Subject)),
        one_of("type", *get_args(AttributeType)),
        Index("attribute_definition_name_key", "name", "workspace_id", unique=True),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    subject: Mapped[Subject] = mapped_column(Text)
    type: Mapped[AttributeType] = mapped_column(Text)
    label: Mapped[str | None]
    options: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[CreatedAt]
