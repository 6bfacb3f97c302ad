"""Run one command as a child and say what it cost: wall time, processor time and memory. Linux and macOS."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

#: ``ru_maxrss`` counts bytes on macOS and kibibytes elsewhere.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Cost:
    """What a child cost.

    ``cpu`` is user plus system seconds, its own children included. ``largest`` is the peak resident memory of its
    largest process, in bytes, as the kernel kept it. ``together`` is the peak of the sum over all its processes,
    sampled (pages they share count more than once, so it is an upper estimate); ``None`` where there is no /proc.
    """

    wall: float
    cpu: float
    largest: int
    together: int | None
    exit_code: int

    @property
    def memory(self) -> int:
        """Peak memory in bytes, by the larger of the two ways to see it."""
        return max(self.largest, self.together or 0)


def run(command: list[str], log: Path) -> Cost:
    """Run ``command`` to its end, its output to ``log``. The caller should be small: a fork begins with its memory."""
    environment = {**os.environ, "PM4PY_SHOW_PROGRESS_BAR": "False", "PYTHONHASHSEED": "0"}
    peak = [0]
    ended = threading.Event()
    with log.open("wb") as out:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        watcher = threading.Thread(target=_watch, args=(child.pid, peak, ended))
        watcher.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
    ended.set()
    watcher.join()
    child.returncode = os.waitstatus_to_exitcode(status)  # wait4 reaped it; Popen must not wait again
    return Cost(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        largest=usage.ru_maxrss * MAXRSS_UNIT,
        together=peak[0] or None,
        exit_code=child.returncode,
    )


def _watch(session: int, peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_SECONDS):
        peak[0] = max(peak[0], _resident(session))


def _resident(session: int) -> int:
    """Return the resident bytes of all processes of a session, 0 where the system does not tell."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()  # the command's name may hold anything
        except OSError:  # the process has just ended
            continue
        if int(fields[3]) == session:
            total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total
