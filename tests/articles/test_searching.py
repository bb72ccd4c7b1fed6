"""Articles are found in the reader's language, by other forms of words, and misspelt."""

import pytest
from tests.api.team import Team
from tests.articles.writing import draft, published, translated


async def titles(team: Team, asked: str, language: str = "en") -> list[str]:
    path = "/v1/articles/search"
    found = await team.get(path, token=team.agent, params={"q": asked, "language": language})
    return [each["title"] for each in found]


@pytest.mark.parametrize(
    "asked",
    [
        "parcels",
        "where are my parcels",
        "parcell",
        "tracked delivery",
        "I have been waiting for a delivery for days, can it be tracked?",
    ],
)
async def test_found_by_forms_of_words_and_misspelt(team: Team, asked: str) -> None:
    await published(team, "Where is my parcel?", "Every delivery has a number to track it by.")
    await published(team, "How do I pay?", "By card or transfer; invoices come by mail.")
    await draft(team, "Parcels and deliveries, tracked")
    assert await titles(team, asked) == ["Where is my parcel?"]


async def test_the_best_comes_first(team: Team) -> None:
    await published(team, "Payments", "An invoice can be paid by card.")
    await published(team, "Change an invoice", "Write the number of the invoice.")
    assert await titles(team, "change invoice") == ["Change an invoice", "Payments"]


async def test_in_the_readers_language_or_else_the_articles(team: Team) -> None:
    made = await published(team, "Where is my parcel?", "Press track.")
    await translated(team, made, "Dov'è il mio pacco?", "Premi traccia.", "it")
    await published(team, "How do I pay?", "By card.")
    assert await titles(team, "pacchi", "it") == ["Dov'è il mio pacco?"]
    assert await titles(team, "pacchi", "it-CH") == ["Dov'è il mio pacco?"]
    assert await titles(team, "pacchi", "en") == []
    assert await titles(team, "paying", "it") == ["How do I pay?"]


async def test_what_is_not_found_is_counted_unless_it_may_name_somebody(team: Team) -> None:
    for asked in ("Gift  wrapping", "gift wrapping", "ann@example.com", "order 12345", "?" * 101):
        assert await titles(team, asked) == []
    gaps = await team.get("/v1/articles/gaps", token=team.agent)
    assert [(gap["query"], gap["language"], gap["times"]) for gap in gaps] == [
        ("gift wrapping", "en", 2)
    ]


async def test_gaps_are_forgotten(team: Team) -> None:
    assert await titles(team, "gift wrapping") == []
    await team.retain(89)
    assert len(await team.get("/v1/articles/gaps")) == 1
    await team.retain(91)
    assert await team.get("/v1/articles/gaps") == []


async def test_another_workspace_finds_nothing(team: Team, other: Team) -> None:
    await published(other, "Where is my parcel?")
    assert await titles(team, "parcel") == []


async def test_whatever_is_asked_has_an_answer(team: Team) -> None:
    await published(team, "Where is my parcel?")
    for asked in (
        "\u0436" * 2_000,
        "\U0001d49c" * 1_500,
        "'a\\b' & | !(x <-> y:*",
        "http://x/?a=1&b='2'",
        "the",
    ):
        assert await titles(team, asked) == []
    assert await titles(team, "the parcel's & | !") == ["Where is my parcel?"]
