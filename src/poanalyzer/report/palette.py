"""The colours of the report, light and dark: one hue for what was mined, one for what people say, greys for the rest.

Each name stands for a role; ``PAIRS`` lists which text stands on which ground, so that a test can check the contrast
where no browser check looks (text in SVG).
"""

from __future__ import annotations

LIGHT = {
    "page": "#ffffff",
    "ink": "#17212b",
    "muted": "#4b5866",
    "line": "#c6ced6",
    "surface": "#f4f6f8",
    "mined": "#0a4f8a",
    "self": "#9a4a00",
    "on-mark": "#ffffff",
    "band-n": "#eceff2",
    "band-p": "#dce3ea",
    "band-l": "#c8d4df",
    "band-f": "#b1c3d3",
    "rate-p": "#dce9f5",
    "rate-l": "#a8cbea",
    "node": "#f4f6f8",
    "edge": "#5f7285",
}

DARK = {
    "page": "#0f1419",
    "ink": "#e6ebf0",
    "muted": "#a9b6c3",
    "line": "#3a4653",
    "surface": "#182028",
    "mined": "#7cc0ff",
    "self": "#ffb26b",
    "on-mark": "#0f1419",
    "band-n": "#1b242d",
    "band-p": "#24303b",
    "band-l": "#2e3d4b",
    "band-f": "#394c5d",
    "rate-p": "#17344e",
    "rate-l": "#1f5585",
    "node": "#182028",
    "edge": "#8fa1b3",
}

#: (text, ground) of text, at least 4.5 : 1.
PAIRS = (
    ("ink", "page"),
    ("ink", "surface"),
    ("ink", "node"),
    ("ink", "rate-p"),
    ("ink", "rate-l"),
    ("muted", "page"),
    ("muted", "surface"),
    ("muted", "node"),
    ("mined", "page"),
    ("mined", "surface"),
    ("self", "page"),
    ("self", "surface"),
    ("on-mark", "mined"),
    ("on-mark", "self"),
)

#: (mark, ground) of what a figure says without text, at least 3 : 1.
MARKS = (
    ("mined", "band-n"),
    ("mined", "band-p"),
    ("mined", "band-l"),
    ("mined", "band-f"),
    ("self", "page"),
    ("edge", "page"),
)


def css() -> str:
    """Return the custom properties: light, dark where the reader's system asks for it, and light on paper."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in colours.items()) for colours in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f"@media print{{:root{{color-scheme:light;{light}}}}}\n"
    )
