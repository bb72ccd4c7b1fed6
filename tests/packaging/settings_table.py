"""The README's table of settings: `python -m tests.packaging.settings_table` writes it anew."""

from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.settings import Settings

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"
COMPUTED = {"data_folder": "`/var/lib/sportello` as root, else `~/.local/share/sportello`"}


def table() -> str:
    """A Markdown table, a line for each of the settings, in their order."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    choices = getattr(alias, "choices", None)
    variable = choices[0] if choices else f"SPORTELLO_{name.upper()}"
    return f"| `{variable}` | {_default(name, field)} | {field.description} |"


def _default(name: str, field: FieldInfo) -> str:
    match field.default:
        case _ if field.default is PydanticUndefined:
            return COMPUTED[name]
        case None:
            return "unset"
        case bool():
            return f"`{str(field.default).lower()}`"
        case _:
            return f"`{field.default}`"


def shown() -> str:
    """The table as the README has it."""
    return README.read_text().partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    text = README.read_text()
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    README.write_text(f"{head}{BEGIN}{table()}{END}{tail}")


if __name__ == "__main__":
    write()
