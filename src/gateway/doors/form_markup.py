"""The form's own page as HTML: works without any script. Everything foreign is escaped."""

import secrets
from collections.abc import Mapping
from dataclasses import field
from html import escape
from typing import Any

from channels.form_fields import HONEYPOT, FormField
from channels.records import record
from gateway.doors.form_definition import max_length
from gateway.doors.form_texts import TEXTS

AUTOCOMPLETE = {"name": "name", "email": "email"}


@record
class Filled:
    """What the page shows: answers given so far, what is wrong with them, a word on top."""

    stamp: str
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    had_files: bool = False


def form_page(fields: tuple[FormField, ...], filled: Filled, language: str) -> str:
    say = TEXTS[language]
    submission_id = str(filled.values.get("submission_id") or secrets.token_urlsafe(16))
    questions = "".join(_question(each, filled, language) for each in fields)
    body = f"""
{_notice(filled, fields, language)}
<form method="post" enctype="multipart/form-data" novalidate>
{questions}
<div class="trap" aria-hidden="true"><label>{say["trap"]}
<input name="{HONEYPOT}" tabindex="-1" autocomplete="off"></label></div>
<input type="hidden" name="submission_id" value="{escape(submission_id)}">
<input type="hidden" name="_stamp" value="{escape(filled.stamp)}">
<input type="hidden" name="_language" value="{language}">
<button>{say["send"]}</button>
</form>"""
    return page(say["title"], body, language)


def word_page(title: str, text: str, language: str) -> str:
    """A page of one sentence."""
    say = TEXTS[language]
    return page(say[title], f'<p role="status">{say[text]}</p>', language)


def page(title: str, body: str, language: str) -> str:
    """A page of ours below its title; both are HTML."""
    return frame(title, f"<h1>{title}</h1>\n{body}", language)


def frame(title: str, body: str, language: str) -> str:
    """A page of ours around `body`; both are HTML."""
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/embed/form.css">
</head>
<body class="page">
<main class="sportello">
{body}
</main>
</body>
</html>
"""


def _notice(filled: Filled, fields: tuple[FormField, ...], language: str) -> str:
    say = TEXTS[language]
    lines = [f"<p>{filled.notice}</p>"] if filled.notice else []
    if filled.problems:
        links = "".join(
            f'<li><a href="#f-{each.name}">{escape(_label(each, language))}</a></li>'
            for each in fields
            if each.name in filled.problems
        )
        lines.append(f"<p>{say['mistakes']}</p><ul>{links}</ul>")
    if lines and filled.had_files:
        lines.append(f"<p>{say['files_again']}</p>")
    return f'<div class="notice" role="alert">{"".join(lines)}</div>' if lines else ""


def _label(asked: FormField, language: str) -> str:
    return asked.label(language) if asked.labels else TEXTS[language].get(asked.name, asked.name)


def _question(asked: FormField, filled: Filled, language: str) -> str:
    say = TEXTS[language]
    problem = filled.problems.get(asked.name)
    optional = "" if asked.required else f' <span class="optional">({say["optional"]})</span>'
    error = ""
    if problem is not None:
        shown = say.get(problem, say["wrong"])
        error = f'<p class="error" id="e-{asked.name}">{shown}</p>'
    return (
        f'<div class="field"><label for="f-{asked.name}">{escape(_label(asked, language))}'
        f"{optional}</label>{_control(asked, filled, say)}{error}</div>\n"
    )


def _control(asked: FormField, filled: Filled, say: Mapping[str, str]) -> str:
    value = filled.values.get(asked.name)
    text = escape(value if isinstance(value, str) else "")
    attributes = f'id="f-{asked.name}" name="{asked.name}"'
    if asked.required:
        attributes += " required"
    if asked.name in filled.problems:
        attributes += f' aria-invalid="true" aria-describedby="e-{asked.name}"'
    if asked.name in AUTOCOMPLETE:
        attributes += f' autocomplete="{AUTOCOMPLETE[asked.name]}"'
    match asked.type:
        case "textarea":
            return f'<textarea {attributes} rows="6">{text}</textarea>'
        case "select":
            options = "".join(
                f"<option{' selected' if each == value else ''}>{escape(each)}</option>"
                for each in asked.options
            )
            return (
                f'<select {attributes}><option value="">{say["choose"]}</option>{options}</select>'
            )
        case "file":
            return f'<input type="file" multiple {attributes}>'
        case _:
            attributes += f' maxlength="{max_length(asked)}"'
            return f'<input type="{asked.type}" {attributes} value="{text}">'
