"""Rules and test cases as a YAML 1.2 file, for people, reviews and other workspaces.

Queues are named as people name them, since ids differ between workspaces. The order is that in
which the rules run, and each word stands on a line of its own: small changes make small diffs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from gateway.rule_sets import CaseDocument, RuleDocument
from routing.engine import QueueRef
from routing.problems import InvalidRule, Problem, below

WIDTH = 100
KEYS = ("rules", "cases")


class InvalidFile(ValueError):  # noqa: N818 - what the file is, as the command line says it
    """A file cannot be read; says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: documents as the API takes them, yet to be checked."""

    rules: list[RuleDocument]
    cases: list[CaseDocument]


def written(
    rules: Sequence[RuleDocument], cases: Sequence[CaseDocument], queues: Mapping[str, QueueRef]
) -> str:
    """The file; the same rules always give the same file. A queue that is gone keeps its id."""
    names = {id_: queue.name for id_, queue in queues.items()}
    document = {
        "rules": [_with_queues(rule, lambda id_: names.get(id_, id_)) for rule in rules],
        "cases": [_with_queues(case, lambda id_: names.get(id_, id_)) for case in cases],
    }
    stream = StringIO()
    _yaml().dump(_laid_out(document), stream)
    # A blank line between rules; no text can look like their beginning, since it is indented more.
    return stream.getvalue().replace("\n  - ", "\n\n  - ").replace(":\n\n  - ", ":\n  - ")


def read(text: str, queues: Mapping[str, QueueRef]) -> Contents:
    """Read a file; queues may be given by name, without regard to case, or by id.

    Raises:
        InvalidFile: it is no YAML, or not of this shape.
        InvalidRule: it names a queue that does not exist; pointers lead into the file.
    """
    document = _loaded(text)
    ids = {queue.name.casefold(): id_ for id_, queue in queues.items()}
    problems: list[Problem] = []

    def id_of(at: str) -> Callable[[str], str]:
        def found(name: str) -> str:
            if name in queues:
                return name
            if name.casefold() not in ids:
                problems.append(Problem(at, f"no queue is called {name!r}"))
            return ids.get(name.casefold(), name)

        return found

    read_in = {
        key: [
            _with_queues(each, id_of(below(below("", key), index)))
            for index, each in enumerate(document.get(key) or [])
        ]
        for key in KEYS
    }
    if problems:
        raise InvalidRule(problems)
    return Contents(read_in["rules"], read_in["cases"])


def _loaded(text: str) -> dict[str, list[Any]]:
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise InvalidFile(f"this is no YAML: {error}") from None
    if not isinstance(document, dict) or not document.keys() <= set(KEYS):
        raise InvalidFile("the file must have `rules`, a list, and may have `cases`, another")
    if not all(isinstance(document.get(key) or [], list) for key in KEYS):
        raise InvalidFile("`rules` and `cases` must be lists")
    return document


def _with_queues(document: Any, renamed: Callable[[str], str]) -> Any:
    """The document with other names in every place that holds a queue."""
    if isinstance(document, list):
        return [_with_queues(each, renamed) for each in document]
    if not isinstance(document, dict):
        return document
    if document.get("field") == "previous_queue" and "value" in document:
        return {**document, "value": _renamed(document["value"], renamed)}
    return {
        key: _renamed(value, renamed)
        if key in {"queue", "previous_queue"}
        else _with_queues(value, renamed)
        for key, value in document.items()
    }


def _renamed(value: Any, renamed: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, renamed) for each in value]
    return renamed(value) if isinstance(value, str) else value


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _laid_out(value: Any) -> Any:
    """Tests of one value on one line, lists a line for each; everything in the order given."""
    if isinstance(value, list):
        return CommentedSeq([_laid_out(each) for each in value])
    if not isinstance(value, dict):
        return value
    laid = CommentedMap({key: _laid_out(each) for key, each in value.items()})
    if "field" in value and not isinstance(value.get("value"), list):
        laid.fa.set_flow_style()
    return laid
