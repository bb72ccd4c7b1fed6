"""New rows of several tables at once: few in one statement, many copied in.

One statement is one round trip, which is most of what a small batch costs and waits for. A copied
row costs both ends less than one of an INSERT of arrays, but each table is a trip of its own.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from gateway.database.schema import Base

COPIED_FROM = 64
"""Rows of one table; measured on both ends, the two ways cost the same at about this size."""

DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]

Rows = Sequence[tuple[Any, ...]]


async def insert(
    connection: "asyncpg.Connection[Any]",
    columns: Mapping[str, str],
    new: Mapping[str, Rows],
) -> None:
    """Insert rows, by table; `columns` are those of each, as SQL lists them."""
    tables = tuple(table for table, rows in new.items() if rows)
    if max((len(new[table]) for table in tables), default=0) >= COPIED_FROM:
        for table in tables:
            names = columns[table].split(", ")
            await connection.copy_records_to_table(table, records=new[table], columns=names)
    elif tables:
        statement = _statement(tuple((table, columns[table]) for table in tables))
        arrays = [_array(values) for table in tables for values in zip(*new[table], strict=True)]
        await connection.execute(statement, *arrays)


def _array(values: tuple[Any, ...]) -> Sequence[Any] | None:
    """A column of a batch; None where it is all null, which `unnest` fills up by itself."""
    if values.count(None) == len(values):
        return None
    return [_literal(value) for value in values] if isinstance(values[0], list) else values


def _literal(values: Sequence[str]) -> str:
    """PostgreSQL's array literal: `unnest` cannot carry arrays of different lengths."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


@cache
def _statement(tables: tuple[tuple[str, str], ...]) -> str:
    """One INSERT for each table, all in one statement: its parts see nothing of each other."""
    inserts, taken = [], 0
    for table, columns in tables:
        names = columns.split(", ")
        types = [_type(table, name) for name in names]
        arrays = ", ".join(
            f"${taken + n}::{'text' if type_.endswith('[]') else type_}[]"
            for n, type_ in enumerate(types, start=1)
        )
        values = ", ".join(f"{name}::{type_}" for name, type_ in zip(names, types, strict=True))
        inserts.append(
            f"{table}_rows AS (INSERT INTO {table} ({columns})"  # noqa: S608 - our names
            f" SELECT {values} FROM unnest({arrays}) AS new ({columns}))"
        )
        taken += len(names)
    return f"WITH {', '.join(inserts)} SELECT"


def _type(table: str, column: str) -> str:
    return Base.metadata.tables[table].c[column].type.compile(DIALECT)
