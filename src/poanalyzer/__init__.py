"""poanalyzer: how mature is your process orchestration, by the evidence the engines recorded?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "assess", "load", "read"]

if TYPE_CHECKING:
    from poanalyzer.pipeline import assess, load, read


def __getattr__(
    name: str,
) -> Any:  # imported when first used: --help must not pay for it
    if name in {"assess", "load", "read"}:
        from poanalyzer import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'poanalyzer' has no attribute {name!r}")
