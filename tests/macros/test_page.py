"""The page about automatic answers names every variable, with its meaning."""

from pathlib import Path

from gateway.macros.variables import VARIABLES

PAGE = Path(__file__).parents[2] / "docs" / "automatic-answers.md"


def test_the_page_lists_the_variables() -> None:
    table = PAGE.read_text().partition("<!-- variables -->\n")[2].partition("<!-- /variables")[0]
    rows = [f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()]
    assert table.splitlines()[2:] == rows
