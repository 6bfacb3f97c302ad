"""Run every check at full size and print the account as Markdown: ``python -m tests.planted > docs/validation.md``.

What is done is kept in ``--state`` and not run again as long as neither the program nor the simulator changed: a run that
was broken off goes on where it stood. ``--reps``, ``--sizes``, ``--seeds`` and ``--share`` make it smaller, ``--rows`` runs
some rows only, ``--minutes`` begins nothing new after that time. Progress goes to standard error. Exits with 1 where a line
is not accepted, with 3 where something was not run.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from .account import Done, account
from .analyser import fingerprint
from .running import kept, kept_in, run_all
from .suite import ROWS, Size, jobs


def main() -> int:
    """Run the jobs and return the exit code."""
    given = _arguments()
    size = Size(given.reps, tuple(given.sizes), tuple(given.seeds), given.share)
    state = given.state / hashlib.sha256(f"{fingerprint()} {size}".encode()).hexdigest()[:16]
    state.mkdir(parents=True, exist_ok=True)
    wanted = [job for job in jobs(size) if not given.rows or job.row in given.rows]
    if given.list:
        print("\n".join(f"{job.row}: {job.name}" for job in wanted))
        return 0
    left = [job for job in wanted if not kept_in(state, job.name).exists()]
    print(f"{len(wanted)} jobs, {len(wanted) - len(left)} done before, results in {state}", file=sys.stderr)
    # the largest first, so that none is left alone at the end
    left.sort(key=lambda job: -job.cases * job.replications)
    run_all(left, size, state, given.jobs, given.minutes)
    done = [Done(job, *kept(state, job)) for job in wanted if kept_in(state, job.name).exists()]
    missing = [job for job in wanted if not kept_in(state, job.name).exists()]
    print(account(done, missing, " ".join(["python -m tests.planted", *sys.argv[1:]])))
    if missing:
        return 3
    return 0 if all(line.accepted for d in done for line in d.lines) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--reps", "--replications", type=int, default=200, help="replications of what is repeated")
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 100, 300, 1000], help="cases a replication")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3], help="of what is compared number with number"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the cases of what is compared number with number")
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=[], metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--minutes", type=float, default=None, help="begin nothing new after this time")
    parser.add_argument("--state", type=Path, default=Path("build/planted"), help="where results are kept")
    parser.add_argument("--list", action="store_true", help="say what would be run, and stop")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
