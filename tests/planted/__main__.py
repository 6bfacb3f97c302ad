"""Run every check at full size and print the account as Markdown: ``python -m tests.planted > docs/validation.md``.

``--replications`` and ``--sizes`` make it smaller. Exits with 1 where a line is not accepted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import checks, intervals
from .checks import Line


def main() -> int:
    """Run the checks and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 100, 300, 1000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--share", type=float, default=1.0, help="of the cases of the other checks")
    given = parser.parse_args()
    started = time.monotonic()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="planted") as name:
        folder = Path(name)

        def run(title: str, check: Callable[[], list[Line]]) -> None:
            begun = time.monotonic()
            found = check()
            lines.extend(found)
            print(f"{title}: {len(found)} lines, {time.monotonic() - begun:.0f} s", file=sys.stderr)

        for title, (check, sizes) in checks.by_name().items():
            cases = max(40, round(sizes["cases"] * given.share))
            for seed in given.seeds if title == "exact" else given.seeds[:1]:
                run(title, lambda c=check, n=cases, s=seed, t=title: c(folder / f"{t}-{s}", n, s))  # type: ignore[misc]
        for missing in (0.0, 0.1, 0.3, 0.5):
            cases = max(40, round(300 * given.share))
            run("outside", lambda m=missing, n=cases: checks.outside(folder / "outside", n, 2, m))  # type: ignore[misc]
        run("releases", lambda: checks.releases(folder / "releases", 3))
        for cases in given.sizes:
            run("completeness", lambda n=cases: checks.completeness(folder / "kinds", given.replications // 2, n, 5))  # type: ignore[misc]
        run("intervals", lambda: intervals.full(folder / "intervals", given.replications, given.sizes))
    print(account(lines, " ".join(["python -m tests.planted", *sys.argv[1:]]), time.monotonic() - started))
    return 1 if checks.wrong(lines) else 0


def account(lines: list[Line], command: str, seconds: float) -> str:
    """Return the account of a run: what is equal as counts, what is estimated as tables, what is not accepted first."""
    out = [
        "# Validation on planted truth",
        "",
        "A simulator that shares no code with poanalyzer plants processes, failures, repairs, calls and steps beside the",
        "engine, writes down everything that happened, and then tells it as engines and logs would. poanalyzer reads what was",
        "told; its numbers are held against what happened. The simulator is `tests/planted/`; a small run of all checks is part",
        "of the tests. Histories of Temporal are not told yet.",
        "",
        f"Made by `{command}` in {seconds / 60:.0f} minutes; the same seeds give the same numbers.",
        "",
        f"**{sum(x.accepted for x in lines)} of {len(lines)} comparisons accepted.**",
        "",
    ]
    bad = [x for x in lines if not x.accepted]
    if bad:
        out += ["## Not accepted", "", *_table(bad)]
    exact = [x for x in lines if x.rule == "equal to 1e-9" or x.rule.startswith("absent")]
    groups: dict[str, list[Line]] = {}
    for line in exact:
        groups.setdefault(line.check, []).append(line)
    out += [
        "## Equal to the truth",
        "",
        "Values that must be equal to 1e-9, or absent where the profile cannot show them.",
        "",
    ]
    out += ["| check | comparisons | accepted |", "|---|---:|---:|"]
    out += [f"| {name} | {len(group)} | {sum(x.accepted for x in group)} |" for name, group in groups.items()]
    out += [
        "",
        "## Estimates, intervals, bounds and negative controls",
        "",
        *_table([x for x in lines if x not in exact]),
    ]
    return "\n".join(out).rstrip()


def _table(lines: list[Line]) -> list[str]:
    head = ["| check | what | truth | found | rule | |", "|---|---|---:|---:|---|---|"]
    rows = [
        f"| {x.check} | {x.what} | {x.truth} | {x.found} | {x.rule} | {'yes' if x.accepted else '**no**'} |"
        for x in lines
    ]
    return [*head, *rows, ""]


if __name__ == "__main__":
    sys.exit(main())
