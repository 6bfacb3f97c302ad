"""The child process of :mod:`poanalyzer.mine.discovery`: the only program that runs pm4py's inductive miner.

Reads one JSON object from stdin: ``variants`` (sequences of small integers with their number of cases, most frequent
first), ``noise``, ``steps`` (how many variants to use, growing) and ``seconds``. Writes one JSON line for the tool and
one for each finished step, so that whoever stops it keeps what was finished. Activities are integers here because
pm4py's own ordering and text handling must not see labels: “NA”, quotes or line breaks are nothing special then.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter
from typing import IO, Any

#: Deeper trees are refused: they say nothing to a reader, and recursion over them may end the parent.
MAX_DEPTH = 200

_OPERATORS = {"SEQUENCE": "sequence", "XOR": "xor", "PARALLEL": "parallel", "LOOP": "loop"}


def main() -> None:
    """Mine step by step until done, or until the time is up."""
    order = json.load(sys.stdin)
    # The child ends by itself even where its parent is busy or gone.
    watch = threading.Timer(order["seconds"], os._exit, args=(0,))
    watch.daemon = True
    watch.start()
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with the results
    mine(order, results)


def mine(order: dict[str, Any], results: IO[str]) -> None:
    """Mine each step of ``order`` and write a line about it to ``results``."""
    import pm4py
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.inductive.variants.im import IMUVCL
    from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL
    from pm4py.objects.process_tree.utils.generic import fold

    _send(results, {"tool": "pm4py", "version": pm4py.__version__})
    noise = float(order["noise"])
    parameters = {"noise_threshold": noise, "multiprocessing": False}
    # The miners themselves, not pm4py's entry point: only they take variants with their numbers of cases as they are.
    miner = (IMFUVCL if noise > 0 else IMUVCL)(parameters)
    for used in order["steps"]:
        log = Counter({tuple(f"{code:06d}" for code in trace): cases for trace, cases in order["variants"][:used]})
        tree = fold(miner.apply(IMDataStructureUVCL(log), parameters))
        _send(results, {"used": used, "tree": _plain(tree, 0)})


def _plain(tree: Any, depth: int) -> Any:
    """Return a pm4py tree as JSON: an activity's integer, null for a silent leaf, ``[operator, child, …]``."""
    if depth > MAX_DEPTH:
        raise RecursionError(f"the model nests more than {MAX_DEPTH} levels deep")
    if tree.operator is None:
        return None if tree.label is None else int(tree.label)
    return [_OPERATORS[tree.operator.name], *(_plain(child, depth + 1) for child in tree.children)]


def _send(results: IO[str], message: dict[str, Any]) -> None:
    results.write(json.dumps(message) + "\n")
    results.flush()


if __name__ == "__main__":
    main()
