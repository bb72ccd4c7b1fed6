import pytest

from channels.email.html import html_to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>one<div>two</div></div>three", "one\ntwo\nthree"),
        ("a <b> b </b> c\n d", "a b c d"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a<td>b</tr><tr><td>c</table>", "a b\nc"),
        ("<pre>if x:\n    y</pre>", "if x:\n    y"),
        ("<style>p{}</style><script>x()</script><title>t</title>words", "words"),
        ('<span style="DISPLAY : none">hidden</span>shown', "shown"),
        ("<!-- note -->words<!-- more -->", "words"),
        ("&lt;b&gt; &amp; &euro;&nbsp;5", "<b> & € 5"),
        ('<?xml version="1.0" encoding="latin-1"?><p>è', "è"),
    ],
)
def test_html_to_text(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


def test_text_below_the_parsers_depth_is_kept() -> None:
    text = html_to_text("start" + "<div>" * 5000 + "deep")
    assert "start" in text
    assert "deep" in text
