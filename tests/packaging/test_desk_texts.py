"""The desk says everything in every language: what English has, the others have, and no more."""

import re
from pathlib import Path

import pytest

TEXTS = Path(__file__).parents[2] / "web" / "desk" / "src" / "texts"
ENGLISH = sorted([*TEXTS.glob("en.ts"), *TEXTS.glob("*.en.ts")])
SAID = re.compile(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
PARAMETERS = re.compile(r"\([^()]*\) =>")
EMPTY = re.compile(r"(\w+): \{\}")
KEY = re.compile(r"\b([a-z_]\w*):")


def keys(script: Path, left_out: list[str]) -> list[str]:
    """The names of an object's texts, in order, without what is said and some tables."""
    code = SAID.sub("said", script.read_text())
    for table in left_out:
        code = re.sub(rf"\b{table}: {{[^{{}}]*}}", f"{table}: said", code)
    return KEY.findall(PARAMETERS.sub("", code[code.index("= {") :]))


@pytest.mark.parametrize("english", ENGLISH, ids=lambda path: path.name)
def test_both_languages_have_the_same_texts(english: Path) -> None:
    italian = english.with_name(english.name.replace("en.ts", "it.ts"))
    from_api = EMPTY.findall(english.read_text())  # which says it in English
    assert len(keys(english, from_api)) > 10
    assert keys(italian, from_api) == keys(english, from_api)
    assert '""' not in italian.read_text().replace('["", ', "")
