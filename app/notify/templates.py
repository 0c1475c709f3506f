"""Filling variables into the texts of mails, as Mustache does: `{{name}}` escaped in HTML, `{{{name}}}` as it is."""

import re
from collections.abc import Mapping
from html import escape
from typing import Final

VARIABLE: Final = re.compile(r"\{\{\{\s*(?P<raw>\w+)\s*\}\}\}|\{\{\s*(?P<and>&?)\s*(?P<name>\w+)\s*\}\}")

SUBJECTS: Final = {
    "validation": "[{{id}}] {{name}} waits for review",
    "deployment": "[{{id}}] {{name}} is approved and waits for deployment",
    "cancelled": "[{{id}}] {{name}} was cancelled",
    "deployed": "[{{id}}] {{name}} was deployed",
    "breakGlass": "[{{id}}] {{name}} was deployed without your review",
}
TEXT: Final = """Change request {{id}}: {{name}}
{{said}}

Author: {{author}}

{{description}}

{{link}}
"""
HTML: Final = """<!doctype html>
<html><body>
<h1>Change request {{id}}: {{name}}</h1>
<p>{{said}}</p>
<p>Author: {{author}}</p>
<p style="white-space: pre-wrap">{{description}}</p>
<p><a href="{{link}}">{{link}}</a></p>
</body></html>
"""


def fill_text(template: str, values: Mapping[str, str]) -> str:
    """Fill in a plain text; a variable that does not exist comes out empty."""
    return VARIABLE.sub(lambda found: values.get(found["raw"] or found["name"], ""), template)


def fill_html(template: str, values: Mapping[str, str]) -> str:
    """Fill in HTML: what people wrote is shown as text, unless the template asks for it as it is."""

    def value(found: re.Match[str]) -> str:
        text = values.get(found["raw"] or found["name"], "")
        return text if found["raw"] or found["and"] else escape(text)

    return VARIABLE.sub(value, template)


def fill_line(template: str, values: Mapping[str, str]) -> str:
    """Fill in what stands on one line of a mail's head."""
    return " ".join(fill_text(template, values).split())
