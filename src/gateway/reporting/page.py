"""The weekly report as a page that needs nothing else, and as plain text. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from html import escape
from typing import Final

from gateway.figures.definitions import Definition
from gateway.figures.reading import Reading
from gateway.reporting.attention import Candidate, Finding
from gateway.reporting.weeks import WEEK, WeeklyReport

CELL: Final = "padding:4px 12px 4px 0;text-align:left;border-bottom:1px solid #d5dbe3"
NUMBER: Final = "padding:4px 12px 4px 0;text-align:right;border-bottom:1px solid #d5dbe3"


def title_of(report: WeeklyReport) -> str:
    last = report.monday + WEEK - timedelta(days=1)
    return f"Your service from {report.monday:%-d %B} to {last:%-d %B %Y}"


def as_text(report: WeeklyReport, desk_url: str | None) -> str:
    """For readers without HTML: attention first, then all figures in lines."""
    lines = [title_of(report), "", "Most worth your attention", ""]
    lines += [f"- {line}" for line in attention_lines(report)] or ["- Nothing stands out."]
    if report.rising:
        lines += ["", "Types on the rise", "", *(f"- {line}" for line in rising_lines(report))]
    lines += ["", "All figures: this week, the week before, cases", ""]
    lines += [
        f"{each.figure.title}: {told(each.figure, each.now)}, {told(each.figure, each.before)},"
        f" {each.now.cases}"
        for each in report.figures
    ]
    if desk_url:
        lines += ["", f"More at {desk_url}/reports"]
    return "\n".join(lines) + "\n"


def as_html(report: WeeklyReport, desk_url: str | None) -> str:
    """The body of a page; styles are inline, since mail programs drop others."""
    attention = "".join(
        f"<li>{_linked(escape(line), finding, desk_url)}<br><small>"
        f"{escape(finding.candidate.figure.acting)}</small></li>\n"
        for line, finding in zip(attention_lines(report), report.attention, strict=True)
    )
    rising = "".join(f"<li>{escape(line)}</li>\n" for line in rising_lines(report))
    return f"""<h1 style="font-size:20px">{escape(title_of(report))}</h1>
<h2 style="font-size:16px">Most worth your attention</h2>
<ol>{attention or "<li>Nothing stands out.</li>"}</ol>
{f'<h2 style="font-size:16px">Types on the rise</h2><ul>{rising}</ul>' if rising else ""}
<h2 style="font-size:16px">All figures</h2>
<table style="border-collapse:collapse">
<thead><tr><th style="{CELL}">Figure</th><th style="{NUMBER}">This week</th>
<th style="{NUMBER}">Week before</th><th style="{NUMBER}">Target</th><th style="{NUMBER}">Cases</th>
</tr></thead>
<tbody>{"".join(map(_row, report.figures))}</tbody></table>"""


def _row(each: Candidate) -> str:
    target = "" if each.target is None else shown(each.figure, each.target)
    numbers = (told(each.figure, each.now), told(each.figure, each.before), target, each.now.cases)
    cells = "".join(f'<td style="{NUMBER}">{number}</td>' for number in numbers)
    return f'<tr><th scope="row" style="{CELL}">{escape(each.figure.title)}</th>{cells}</tr>\n'


def _linked(line: str, finding: Finding, desk_url: str | None) -> str:
    if desk_url is None:
        return line
    return f'<a href="{escape(desk_url)}/reports/{finding.candidate.figure.name}">{line}</a>'


def attention_lines(report: WeeklyReport) -> list[str]:
    """What became worse, where, and how it is known."""
    return [" ".join(_words(finding, report.names)) for finding in report.attention]


def _words(finding: Finding, names: dict[str, str]) -> Iterator[str]:
    each = finding.candidate
    where = ""
    if each.by is not None:
        where = f", {each.by} {names.get(each.key or '', each.key or 'none')}"
    yield f"{each.figure.title}{where}: {told(each.figure, each.now)}"
    yield f"after {told(each.figure, each.before)} the week before"
    if finding.misses_target and each.target is not None:
        yield f"(wanted: {shown(each.figure, each.target)})"
    yield f"in {each.now.cases} cases."


def rising_lines(report: WeeklyReport) -> list[str]:
    return [
        f"{each.candidate.key}: {each.candidate.now.cases} new conversations after"
        f" {each.candidate.before.cases}"
        for each in report.rising
    ]


def told(figure: Definition, reading: Reading) -> str:
    value = reading.value(figure)
    return "-" if value is None else shown(figure, value)


def shown(figure: Definition, value: float) -> str:
    """Cases, a share in percent, or hours, minutes and seconds."""
    if figure.unit == "cases":
        return f"{value:,.0f}"
    if figure.unit == "share":
        return f"{value:.0%}"
    return str(timedelta(seconds=round(value)))
