"""Jobs side by side, and what is kept of them."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sys
import tempfile
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path

from .checks import Line
from .suite import Job, Size, jobs


def kept_in(state: Path, name: str) -> Path:
    """Return the file that holds what a job found."""
    return state / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


def kept(state: Path, job: Job) -> tuple[list[Line], float]:
    """Return what a job found and its seconds of processor time."""
    said = json.loads(kept_in(state, job.name).read_text(encoding="utf-8"))
    return [Line(**line) for line in said["lines"]], float(said["seconds"])


def run_all(left: list[Job], size: Size, state: Path, at_once: int, minutes: float | None) -> None:
    """Run jobs side by side, each in a process that ends with it; what went wrong is said and not kept."""
    begun = time.monotonic()
    waiting = [job.name for job in left]
    count = len(waiting)
    running: dict[Future[float], str] = {}
    method = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=at_once, mp_context=method, max_tasks_per_child=8) as pool:
        while waiting or running:
            late = minutes is not None and time.monotonic() - begun > minutes * 60
            while waiting and len(running) < at_once and not late:
                name = waiting.pop(0)
                running[pool.submit(run_one, name, size, state)] = name
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                finished = count - len(waiting) - len(running)
                try:
                    told = f"{future.result():.0f} s of processor time"
                except BrokenProcessPool:
                    raise
                except Exception:  # one job that fails must not take the others' results with it
                    told = "failed\n" + traceback.format_exc()
                print(
                    f"[{finished}/{count}, {(time.monotonic() - begun) / 60:.1f} min] {name}: {told}",
                    file=sys.stderr,
                    flush=True,
                )


def run_one(name: str, size: Size, state: Path) -> float:
    """Run one job in a folder that is gone afterwards, keep its lines and return its seconds of processor time."""
    job = next(job for job in jobs(size) if job.name == name)
    begun = time.process_time()
    with tempfile.TemporaryDirectory(prefix="planted") as folder:
        lines = job.run(Path(folder))
    seconds = time.process_time() - begun
    part = kept_in(state, name).with_suffix(".part")
    part.write_text(
        json.dumps({"name": name, "seconds": seconds, "lines": [asdict(line) for line in lines]}), encoding="utf-8"
    )
    part.replace(kept_in(state, name))
    return seconds
