"""Blocks of a file, read and unpacked by a thread beside the parser."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from typing import IO

#: Blocks that may wait for the parser.
_AHEAD = 4


def blocks_ahead(stream: IO[bytes], size: int) -> Generator[bytes]:
    """Give the blocks of ``stream``, each of ``size`` bytes but for the last. An error of the stream is raised here.

    Unpacking leaves the interpreter free, so that it costs no time of its own where there are two processors. The
    thread ends with the iterator, also where that is closed before its end; the stream stays open.
    """
    waiting: queue.Queue[bytes | BaseException] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def fill() -> None:
        try:
            while not stopped.is_set():
                block = stream.read(size)
                waiting.put(block)
                if not block:
                    return
        except BaseException as error:  # noqa: BLE001 - whatever ends the reading is raised where the blocks are taken
            waiting.put(error)

    thread = threading.Thread(target=fill, name="xes-read-ahead", daemon=True)
    thread.start()
    try:
        while block := waiting.get():
            if isinstance(block, BaseException):
                raise block
            yield block
    finally:
        stopped.set()
        while thread.is_alive():  # a full queue holds the thread back
            try:
                waiting.get(timeout=0.01)
            except queue.Empty:
                continue
