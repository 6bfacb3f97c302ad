"""Names of activities that hint at exceptions: candidates of plain logs, never proof.

The words stand in ``lexicon.toml``, by class and language. A label may be read in several languages at once, since nobody says in
which one a log is written.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Class = Literal["technical", "business", "handling"]
#: What a label is when words of several classes stand in it: "retry failed payment" copes, "reject invalid order" refuses.
CLASSES: tuple[Class, ...] = ("handling", "business", "technical")
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl")


@dataclass(frozen=True)
class Hint:
    """What a label hints at, in which languages it says so, and by which words."""

    kind: Class
    languages: tuple[str, ...]
    words: tuple[str, ...]


def hint(label: str) -> Hint | None:
    """Return what an activity's name hints at; None where no word of the lexicon stands in it."""
    text = normalised(label)
    for kind in CLASSES:
        found = [(lang, m.group().strip()) for lang in LANGUAGES for m in _pattern(kind, lang).finditer(text)]
        if found:
            return Hint(kind, tuple(dict.fromkeys(f[0] for f in found)), tuple(dict.fromkeys(f[1] for f in found)))
    return None


def normalised(label: str) -> str:
    """Return a label in lower case, without accents, its words apart by single spaces (``PaymentFailed`` has two)."""
    apart = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])", " ", label)
    bare = unicodedata.normalize("NFKD", apart.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(re.split(r"[^\w]+|_+", bare)).strip() + " "


@cache
def _pattern(kind: Class, language: str) -> re.Pattern[str]:
    words = _words()[kind][language]
    stems = [(r"" if w.startswith("~") else r"\b") + re.escape(w.removeprefix("~")) + r"\w*" for w in words]
    return re.compile("|".join(stems))


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    text = files("poanalyzer.mine").joinpath("lexicon.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
