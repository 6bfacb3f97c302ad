"""The worlds that the checks run in."""

from __future__ import annotations

from dataclasses import replace

from .blocks import EMPTY, Block, Call, Choice, Loop, Many, Mix, Parallel, Process, Sequence, Task, World, all_processes


def claims(cases: int, services: str = "job", key: str = "claims", fatal: bool = True) -> Process:
    """A process with everything: choices, branches that overlap, one that is serialised, rework, many at once, a call."""
    pay = Process(
        f"{key}-payment",
        Sequence((Task("check_account", services, 1.0, hazard=0.12), Task("transfer", services, 2.0, hazard=0.2))),
    )
    return Process(
        key,
        Sequence((
            Task("register", "user", 12.0),
            Task("look_up_policy", services, 1.5, hazard=0.25, fallback="look_up_by_hand", fatal=fatal),
            Loop("complete", Task("check_documents", "user", 25.0), again=0.2),
            Choice("size", ((0.3, EMPTY), (0.7, Sequence((
                Parallel("reviews", (
                    Sequence((Task("estimate", services, 3.0, hazard=0.15), Task("review_estimate", "user", 30.0))),
                    Task("ask_expert", "user", 60.0, group="experts"),
                )),
                Parallel("letters", (
                    Task("write_letter", services, 2.0), Task("file_letter", services, 1.0),
                ), serial=True),
            ))))),
            Many(Task("inspect_item", "user", 15.0, group="experts")),
            Call("pay_out", pay),
            Task("close_file", "script", 1.0),
        )),
        cases,
    )  # fmt: skip


def straight(key: str, cases: int, services: str = "external") -> Process:
    """A short process, for many replications: all by machines or by people, and a service that fails."""
    return Process(
        key,
        Sequence((
            Choice("hands", (
                (0.5, Sequence(tuple(Task(f"{step}_by_machine", services, 1.0) for step in ("read", "weigh", "decide")))),
                (0.5, Sequence(tuple(Task(f"{step}_by_hand", "user", 20.0) for step in ("read", "weigh", "decide")))),
            )),
            Task("book", services, 2.0, hazard=0.2),
            Loop("right", Task("check", services, 1.0), again=0.15),
        )),
        cases,
    )  # fmt: skip


def everything(cases: int, seed: int = 1, services: str = "job", fatal: bool = True) -> World:
    """A world with every kind of failure, deleted and open cases, and two processes of which one calls a third."""
    other = Process(
        "orders",
        Sequence((
            Task("enter", "user", 8.0),
            Parallel("prepare", (
                Task("pick", "user", 40.0, group="stock"),
                Sequence((Task("print_label", services, 1.0, hazard=0.3), Task("book_carrier", services, 1.0, hazard=0.1))),
                Choice("gift", ((0.6, EMPTY), (0.4, Task("wrap", "user", 10.0, group="stock")))),
            )),
            Many(Task("ship", services, 2.0, hazard=0.05), 1, 3, at_once=False),
        )),
        cases,
    )  # fmt: skip
    return World(
        (claims(cases, services, fatal=fatal), other), seed=seed, days=90, withdrawn=0.06, relapse=0.25, mix=Mix()
    )


def shop(cases: int, seed: int) -> World:
    """A world that a plain log can tell whole: one process, people and machines, branches and rework."""
    body = Sequence((
        Task("enter", "user", 8.0),
        Parallel("prepare", (
            Task("pick", "user", 40.0, group="stock"),
            Sequence((Task("print_label", "external", 4.0), Task("book_carrier", "external", 6.0))),
        )),
        Loop("check", Task("inspect", "user", 10.0), again=0.3),
        Choice("gift", ((0.6, EMPTY), (0.4, Task("wrap", "external", 10.0)))),
    ))  # fmt: skip
    return World((Process("orders", body, cases),), seed=seed, days=90, quiet=3)


def hard(cases: int, seed: int = 4) -> dict[str, tuple[World, tuple[str, ...]]]:
    """Return small worlds in which failures are easily mistaken for one another, with the engines that can tell them.

    Siblings of a multi-instance that fail at the same time, rounds of a loop of which a later one never succeeds, calls
    within calls, splits within splits.
    """
    mix = Mix(0.4, 0.15, 0.25, 0.05, 0.05, 0.1)
    service = Task("serve", "external", 2.0, hazard=0.5)
    caught = Task("serve", "external", 2.0, hazard=0.5, fallback="serve_by_hand")
    inner = Process("inner", caught)
    middle = Process("middle", Sequence((
        Call("call_first", inner), Parallel("aside", (Task("look_on", "user", 5.0), Call("call_second", inner))),
    )))  # fmt: skip
    nested = Parallel("outer", (
        Parallel("within", (
            Task("ask", "user", 5.0), Task("compute", "job", 5.0, hazard=0.3, fallback="compute_by_hand"),
        )),
        Sequence((
            Task("file", "user", 4.0), Parallel("in_turn", (Task("note", "script", 4.0), Task("send", "job", 3.0)), serial=True),
        )),
        Choice("perhaps", ((0.5, EMPTY), (0.5, Task("add", "user", 3.0)))),
    ))  # fmt: skip

    def job(task: Task) -> Task:
        return replace(task, kind="job")

    def world(body: Block, relapse: float = 0.0) -> World:
        return World((Process("p", body, cases),), seed=seed, mix=mix, withdrawn=0.1, relapse=relapse)

    both = ("camunda7", "zeebe")
    return {
        "siblings that fail, external": (world(Many(service, 2, 5)), both),
        "siblings that fail, jobs": (world(Many(job(service), 2, 5)), ("camunda7",)),
        "rounds that fail, external": (world(Loop("more", caught, 0.6)), both),
        "rounds that fail, jobs": (world(Loop("more", job(caught), 0.6)), ("camunda7",)),
        "calls within calls": (world(Sequence((Task("begin", "user", 3.0), Call("call_middle", middle))), 0.4), both),
        "splits within splits": (world(nested), ("camunda7",)),
    }


def keys(world: World) -> list[str]:
    """Return the keys of all processes of a world, called ones included."""
    return [process.key for process in all_processes(world)]
