"""Paragraphs out of `format=flowed` (RFC 3676): lines that mail programs broke are whole again."""

SIGNATURE = "-- "


def unflowed(text: str, *, is_space_deleted: bool) -> str:
    """Return text whose soft line breaks are undone, quotations marked as they were.

    `is_space_deleted` is the parameter DelSp: the blank before a soft break is no word's.
    """
    lines: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        quotes, content = _split(line)
        is_fixed = content in {SIGNATURE, ""}
        if paragraph and (quotes != depth or is_fixed):
            lines.append(_joined(depth, paragraph))
            paragraph = []
        depth = quotes
        is_soft = content.endswith(" ") and not is_fixed
        paragraph.append(content[:-1] if is_soft and is_space_deleted else content)
        if not is_soft:
            lines.append(_joined(depth, paragraph))
            paragraph = []
    if paragraph:
        lines.append(_joined(depth, paragraph))
    return "\n".join(lines)


def _split(line: str) -> tuple[int, str]:
    """Return the depth of quotation and the content, without the space that stuffs it."""
    content = line.lstrip(">")
    return len(line) - len(content), content.removeprefix(" ")


def _joined(depth: int, paragraph: list[str]) -> str:
    content = "".join(paragraph)
    return f"{'>' * depth} {content}" if depth else content
