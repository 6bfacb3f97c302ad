"""Small helpers for SVG in the page. Everything put into it is escaped.

Colours are given twice: as presentation attributes in the light palette, for printers that ignore the page's style
sheet inside SVG, and as classes, which the style sheet colours for light and dark.
"""

from __future__ import annotations

from itertools import count

from markupsafe import Markup, escape

from poanalyzer.report.palette import LIGHT


class Ids:
    """Makes the ids of one page from a counter: never from text of a log."""

    def __init__(self) -> None:
        self._next = count(1)
        self._known: dict[tuple[str, ...], str] = {}

    def new(self) -> str:
        """Return an id that was not given before."""
        return f"i{next(self._next)}"

    def of(self, *key: str) -> str:
        """Return the id of the thing that ``key`` names: the same each time."""
        if key not in self._known:
            self._known[key] = self.new()
        return self._known[key]


def num(value: float) -> str:
    """Return a coordinate with one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def el(
    tag: str, *content: str | Markup, fill: str = "", stroke: str = "", class_: str = "", **attributes: str | float
) -> Markup:
    """Return an element; ``fill`` and ``stroke`` name roles of the palette, ``_`` in names stands for ``-``."""
    classes = []
    parts = []
    for what, role in (("fill", fill), ("stroke", stroke)):
        if role:
            parts.append(f' {what}="{LIGHT.get(role, role)}"')
            if role in LIGHT:
                classes.append(f"{what[0]}-{role}")
    if class_:
        classes.append(class_)
    if classes:
        parts.append(f' class="{" ".join(classes)}"')
    for name, value in attributes.items():
        shown = num(value) if isinstance(value, (int, float)) else escape(value)
        parts.append(f' {name.replace("_", "-")}="{shown}"')
    inside = Markup("").join(escape(c) for c in content)
    opening = f"<{tag}{''.join(parts)}"
    return Markup(f"{opening}>{inside}</{tag}>") if inside else Markup(f"{opening}/>")  # noqa: S704 - all escaped above


def text(
    x: float, y: float, content: str, *, size: float = 11, anchor: str = "start", fill: str = "ink", **more: str
) -> Markup:
    """Return a line of text."""
    return el("text", content, fill=fill, x=x, y=y, font_size=size, text_anchor=anchor, **more)


def figure(ids: Ids, width: float, height: float, title: str, description: str, *content: Markup) -> Markup:
    """Return a whole SVG, named and described for those who do not see it; it keeps its size unless that is too wide."""
    title_id, description_id = ids.new(), ids.new()
    return el(
        "svg",
        el("title", title, id=title_id),
        el("desc", description, id=description_id) if description else Markup(""),
        *content,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_labelledby=f"{title_id} {description_id}" if description else title_id,
        width=width,
        height=height,
        viewBox=f"0 0 {num(width)} {num(height)}",
        font_family="system-ui, sans-serif",
    )


def colours() -> str:
    """Return the style rules that colour the classes above."""
    return "".join(f".f-{role}{{fill:var(--{role})}}.s-{role}{{stroke:var(--{role})}}\n" for role in LIGHT)
