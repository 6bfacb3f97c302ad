"""Writes sizes and hashes of all files of the logs into ``MANIFEST.toml``, below its line of dashes.

Usage: ``python event_logs/programs/manifest.py``
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
LINE = "# ---- files, written by programs/manifest.py ----\n"


def main() -> None:
    """Rewrite the list of files."""
    manifest = HERE / "MANIFEST.toml"
    above = manifest.read_text(encoding="utf-8").split(LINE)[0]
    parts = [above, LINE]
    for log in tomllib.loads(above)["log"]:
        for file in sorted(p for p in (HERE / log["path"]).rglob("*") if p.is_file()):
            data = file.read_bytes()
            parts.append(
                f'\n[[file]]\nlog = "{log["id"]}"\npath = "{file.relative_to(HERE).as_posix()}"\n'
                f'bytes = {len(data)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
            )
    manifest.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
