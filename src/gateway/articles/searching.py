"""Finding articles: by the words of their language, and by titles that are written alike.

A text is found that has at least half of the asked words, two of them being enough, or whose title
holds something like what was asked (trigrams). Each article is found once: in the wanted language,
or else in its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_ASKED: Final = 1_000
"""Characters of a question that are looked at."""

SIMILAR: Final = 0.5
"""How much of what was asked a title has to hold, as `word_similarity` has it."""

EXCERPT: Final = 200

READABLE: Final = """
    SELECT DISTINCT ON (t.article_id) t.*
      FROM article_text t
      JOIN article a ON (a.workspace_id, a.id) = (t.workspace_id, t.article_id)
     WHERE t.workspace_id = :workspace_id AND t.state = 'published' AND a.archived_at IS NULL
       AND lower(t.language) IN (:language, :broader, lower(a.language))
     ORDER BY t.article_id, lower(t.language) = :language DESC,
              lower(t.language) = :broader DESC
"""
"""The text that a reader has of each article; its values are those of `reader`."""

SEARCH: Final = text(f"""
WITH readable AS ({READABLE}), asked AS MATERIALIZED (
    SELECT dictionary,
           replace(plainto_tsquery(dictionary::regconfig, :asked)::text, '&', '|')::tsquery
               AS query,
           tsvector_to_array(to_tsvector(dictionary::regconfig, :asked)) AS words
      FROM (SELECT DISTINCT dictionary FROM readable) d
), found AS (
    SELECT r.article_id, r.language, r.title, left(r.body, :excerpt) AS excerpt,
           ts_rank(r.search, a.query, 1) AS rank,
           word_similarity(:asked, r.title) AS likeness,
           (SELECT count(*) FROM unnest(a.words) w WHERE w = ANY (tsvector_to_array(r.search)))
               AS shared,
           least((cardinality(a.words) + 1) / 2, 2) AS needed
      FROM readable r JOIN asked a USING (dictionary)
     WHERE r.search @@ a.query OR word_similarity(:asked, r.title) >= :similar
)
SELECT article_id, language, title, excerpt FROM found
 WHERE (shared >= needed AND needed > 0) OR likeness >= :similar
 ORDER BY shared DESC, rank + likeness DESC, article_id
 LIMIT :limit
""")  # noqa: S608 - our own statement


@dataclass(frozen=True, slots=True)
class Found:
    """An article that answers what was asked, perhaps; `excerpt` is the beginning in Markdown."""

    id: UUID
    language: str
    title: str
    excerpt: str


def reader(workspace_id: int, language: str) -> dict[str, object]:
    """Who reads: in a language, or else in what it is a variety of."""
    own = language.lower()
    return {"workspace_id": workspace_id, "language": own, "broader": own.partition("-")[0]}


async def search(
    session: AsyncSession, workspace_id: int, asked: str, language: str, limit: int
) -> Sequence[Found]:
    """The published articles that fit what is `asked`, best first, for a reader of `language`."""
    values = {
        **reader(workspace_id, language),
        "asked": asked[:MOST_ASKED],
        "similar": SIMILAR,
        "excerpt": EXCERPT,
        "limit": limit,
    }
    return [Found(*row) for row in await session.execute(SEARCH, values)]
