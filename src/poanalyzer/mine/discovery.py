"""Process discovery: a model of what ran, mined from its variants.

pm4py's inductive miner (Leemans et al. 2013; with ``noise`` its infrequent form, 2014) runs in a child process with a
time limit, because on some logs it does not end. The child mines the most frequent variants first, then more and more
of them; when its time is up the last finished model stands, and the result says which share of the cases it covers.

A mined model is a hypothesis about control flow. Its parallel pairs say “seen in either order”, never “ran at the same
time”.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from types import TracebackType
from typing import Any

from poanalyzer.mine.bpmn_out import to_bpmn
from poanalyzer.mine.process_tree import ProcessTree
from poanalyzer.results import Status

#: The most variants that discovery uses, and the most activities in them together (but always one variant).
MAX_VARIANTS = 2_000
MAX_ACTIVITIES = 1_000_000
#: How many of the most frequent variants each attempt uses before all of them.
STEPS = (20, 200)
#: How long after the child should have ended by itself it is terminated.
GRACE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """A mined model, or why there is none.

    Attributes:
        status: measured, not-applicable (nothing ran) or error (the miner failed, or no model in time).
        reason: why there is no model, or why it does not rest on all variants; empty where it does.
        tree: the process tree, ``None`` without a model; ``process_tree`` is its text.
        parallel_pairs: unordered pairs of activities in different branches of a parallel node, sorted.
        bpmn_xml: the same model as BPMN 2.0 with a simple layout.
        variants_used, variants_total: how many of the log's variants the model rests on.
        coverage: share of the cases whose variant was used.
        tool, version: which miner; empty where none ran.
    """

    status: Status
    reason: str = ""
    tree: ProcessTree | None = None
    parallel_pairs: tuple[tuple[str, str], ...] = ()
    bpmn_xml: str | None = None
    tool: str = ""
    version: str = ""
    noise: float = 0.0
    variants_used: int = 0
    variants_total: int = 0
    coverage: float = 0.0

    @property
    def process_tree(self) -> str | None:
        """The process tree as text: → sequence, × choice, ∧ parallel, ↺ loop, τ silent."""
        return None if self.tree is None else str(self.tree)


Variants = Sequence[tuple[tuple[str, ...], int]]


def discover(
    variants: Variants,
    *,
    seconds: float = 20,
    noise: float = 0.0,
    log_variants: int | None = None,
    log_cases: int | None = None,
) -> Discovery:
    """Mine a model from variants and wait for it.

    Args:
        variants: pairs of an activity sequence and its number of cases (> 0); any order, any labels.
        seconds: the time limit for the child process, its imports included.
        noise: the inductive miner's threshold in [0, 1); 0 keeps every used variant replayable.
        log_variants, log_cases: how many the whole log has, where ``variants`` are only its most frequent ones.

    Raises:
        ValueError: ``seconds`` or ``noise`` outside their range, a variant without cases, or a whole log smaller
            than its variants.
    """
    with start(variants, seconds=seconds, noise=noise, log_variants=log_variants, log_cases=log_cases) as running:
        return running.result()


def start(
    variants: Variants,
    *,
    seconds: float = 20,
    noise: float = 0.0,
    log_variants: int | None = None,
    log_cases: int | None = None,
) -> RunningDiscovery:
    """Begin to mine in a child process and return at once; arguments as for :func:`discover`."""
    return RunningDiscovery(Task.of(variants, seconds, noise, log_variants, log_cases))


@dataclass(frozen=True)
class Task:
    """What the child is asked, and how its answer is read: all of a discovery but the process that runs it.

    ``used`` are the variants that may be used, most frequent first (ties by sequence); ``labels`` the activities by
    their code.
    """

    used: tuple[tuple[tuple[str, ...], int], ...]
    labels: tuple[str, ...]
    variants: int
    cases: int
    seconds: float
    noise: float

    @classmethod
    def of(
        cls,
        variants: Variants,
        seconds: float,
        noise: float,
        log_variants: int | None = None,
        log_cases: int | None = None,
    ) -> Task:
        """Merge equal variants, keep the most frequent and code their activities."""
        if not seconds > 0 or not 0 <= noise < 1:
            raise ValueError("seconds must be above 0, noise in [0, 1)")
        counts: Counter[tuple[str, ...]] = Counter()
        for trace, cases in variants:
            if cases <= 0:
                raise ValueError("every variant needs at least one case")
            counts[tuple(trace)] += cases
        used = _within_limits(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        # Codes by first appearance among the frequent ones: renaming activities then renames the model, no more.
        labels = tuple(dict.fromkeys(label for trace, _ in used for label in trace))
        total, cases = len(counts), sum(counts.values())
        total_variants = total if log_variants is None else log_variants
        total_cases = cases if log_cases is None else log_cases
        if total_variants < total or total_cases < cases:
            raise ValueError("the whole log cannot be smaller than its variants")
        return cls(used, labels, total_variants, total_cases, seconds, noise)

    def order(self) -> dict[str, Any]:
        """Return the child's input."""
        codes = {label: code for code, label in enumerate(self.labels)}
        return {
            "variants": [[[codes[label] for label in trace], cases] for trace, cases in self.used],
            "noise": self.noise,
            "steps": [step for step in STEPS if step < len(self.used)] + [len(self.used)],
            "seconds": self.seconds,
        }

    def answer(self, output: bytes, failure: str = "") -> Discovery:
        """Read the child's output; ``failure`` is what it said when it failed."""
        complete = output[: output.rfind(b"\n") + 1]  # a line cut off by the child's end is no result
        messages = [json.loads(line) for line in complete.splitlines()]
        tool: dict[str, str] = next((message for message in messages if "tool" in message), {"tool": "", "version": ""})
        models = [message for message in messages if "tree" in message]
        if not models:
            reason = f"the miner failed: {failure}" if failure else f"the miner found no model in {self.seconds:g} s"
            return self.without_model(Status.ERROR, reason, **tool)
        used = int(models[-1]["used"])
        tree = _tree(models[-1]["tree"], self.labels)
        return Discovery(
            status=Status.MEASURED,
            reason=self._shortfall(used, failure),
            tree=tree,
            parallel_pairs=tree.parallel_pairs(),
            bpmn_xml=to_bpmn(tree),
            tool=tool["tool"],
            version=tool["version"],
            noise=self.noise,
            variants_used=used,
            variants_total=self.variants,
            coverage=sum(cases for _, cases in self.used[:used]) / self.cases,
        )

    def _shortfall(self, used: int, failure: str) -> str:
        if used == self.variants:
            return ""
        if used == len(self.used):
            why = "no more are used"
        else:
            why = f"the miner failed on more ({failure})" if failure else f"{self.seconds:g} s were up before more"
        return f"mined from the {used} most frequent of {self.variants} variants: {why}"

    def without_model(self, status: Status, reason: str, tool: str = "", version: str = "") -> Discovery:
        """Return a result that says why there is no model."""
        return Discovery(
            status=status, reason=reason, tool=tool, version=version, noise=self.noise, variants_total=self.variants
        )


class RunningDiscovery:
    """A discovery under way. Use it as a context manager: leaving it ends the child process."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._done: Discovery | None = None
        self._child: subprocess.Popen[bytes] | None = None
        if task.labels:
            self._begin()
        else:
            reason = "no case has an activity" if task.cases else "there are no cases"
            self._done = task.without_model(Status.NOT_APPLICABLE, reason)

    def _begin(self) -> None:
        # Files, not pipes: a child with much to say never waits for a parent that does something else meanwhile.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes both
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        with tempfile.TemporaryFile() as orders:
            orders.write(json.dumps(self._task.order()).encode())
            orders.seek(0)
            self._child = subprocess.Popen(
                # -P: a stray module in the analyst's folder is not imported.
                [sys.executable, "-P", "-m", "poanalyzer.mine.discovery_child"],
                stdin=orders,
                stdout=self._output,
                stderr=self._errors,
                env={**os.environ, "PM4PY_SHOW_PROGRESS_BAR": "False", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
            )
        self._deadline = time.monotonic() + self._task.seconds + GRACE_SECONDS

    def __enter__(self) -> RunningDiscovery:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the child process, if it still runs, and free its files. Does nothing the second time."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.poll() is None:
            child.kill()
            child.wait()
        self._output.close()
        self._errors.close()

    def result(self) -> Discovery:
        """Wait until the child is done or its time is up, and return what it found.

        Raises:
            RuntimeError: the discovery was closed before its result was asked for.
        """
        if self._done is None:
            if self._child is None:
                raise RuntimeError("this discovery was closed before its result was asked for")
            try:
                self._child.wait(max(0.0, self._deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._output.seek(0)
            self._errors.seek(0)
            failure = _last_line(self._errors.read()) if self._child.returncode > 0 else ""
            self._done = self._task.answer(self._output.read(), failure)
            self.close()
        return self._done


def _within_limits(ordered: list[tuple[tuple[str, ...], int]]) -> tuple[tuple[tuple[str, ...], int], ...]:
    lengths = accumulate(len(trace) for trace, _ in ordered[:MAX_VARIANTS])
    fitting = sum(1 for _ in takewhile(lambda length: length <= MAX_ACTIVITIES, lengths))
    return tuple(ordered[: max(1, fitting)])


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "it said nothing"


def _tree(plain: Any, labels: tuple[str, ...]) -> ProcessTree:
    """Return the tree with labels, children of choices and parallel nodes in the order of their first activity."""
    if plain is None:
        return ProcessTree()
    if isinstance(plain, int):
        return ProcessTree(label=labels[plain])
    operator, *children = plain
    if operator in {"xor", "parallel"}:
        children.sort(key=_first_code)
    return ProcessTree(operator=operator, children=tuple(_tree(child, labels) for child in children))


def _first_code(plain: Any) -> int:
    """Return the smallest activity code below a node; silent leaves come last."""
    if plain is None:
        return sys.maxsize
    if isinstance(plain, int):
        return plain
    return min((_first_code(child) for child in plain[1:]), default=sys.maxsize)
