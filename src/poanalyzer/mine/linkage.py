"""How cases hang together: message links, business keys, and the fragments of an end-to-end case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.mine.blocks import Sums, day_of, of_days

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined

#: A key names one business object where no more root cases than this share it; a key shared by more is no key.
MAX_PER_KEY = 50
#: Labels spread along links in this many rounds at most: chains of messages are short.
_ROUNDS = 30


def message_links(mined: Mined) -> ibis.Table | None:
    """Return explicit links between cases beside calls (messages, signals): ``from_ix, to_ix``; None where there are none."""
    links = mined.log.coded("links")
    links = links.filter(links.kind.isin(("message", "signal")))
    if not mined.scalar(links.count()):
        return None
    here = mined.cases.select(from_case_id="case_id", from_ix="case_ix")
    there = mined.cases.select(to_case_id="case_id", to_ix="case_ix")
    rows = links.select("from_case_id", "to_case_id").join(here, "from_case_id").join(there, "to_case_id")
    return rows.select("from_ix", "to_ix").distinct()


def fragments(mined: Mined) -> ibis.Table:
    """Create and return ``m_fragments``: one row a business key of root cases, with ``roots`` (how many share it),
    ``fragments`` (how many pieces they form under message links; called cases belong to their roots), ``process_ix``
    and ``day`` (of the root that began first), ``first_id`` (its case id), ``closed`` and ``in_window`` (all of them are)."""
    import ibis

    roots = mined.cases.filter(mined.cases.is_root & mined.cases.business_key.notnull())
    named = roots.select(
        "case_ix", "case_id", "process_ix", "business_key", "start", "closed", "in_window", day=day_of(roots)
    )
    labelled = _labelled(mined, named)
    order = ibis.window(group_by="business_key", order_by=[ibis._.start, ibis._.case_ix])
    placed = labelled.mutate(place=ibis.row_number().over(order))
    first = placed.place == 0
    per = placed.group_by("business_key").agg(
        roots=placed.count(), fragments=placed.label.nunique(), closed=placed.closed.min(),
        in_window=placed.in_window.min(), process_ix=placed.process_ix.max(where=first),
        first_id=placed.case_id.max(where=first), day=placed["day"].max(where=first),
    )  # fmt: skip
    return mined.log.con.create_table("m_fragments", per)


def _labelled(mined: Mined, named: ibis.Table) -> ibis.Table:
    """Add ``label``, the smallest case number that a root can be reached from along message links."""
    import ibis

    links = mined.of(message_links)
    if links is None:
        return named.mutate(label=named.case_ix)
    con = mined.log.con
    root = mined.cases.select("case_ix", "root_ix")
    pairs = links.join(root.select(from_ix="case_ix", a="root_ix"), "from_ix")
    pairs = pairs.join(root.select(to_ix="case_ix", b="root_ix"), "to_ix")
    pairs = pairs.filter(pairs.a != pairs.b)
    both = con.create_table("t_linked", ibis.union(pairs.select("a", "b"), pairs.select(a="b", b="a")).distinct())
    labels = con.create_table("t_labels_0", both.select(case_ix="a").distinct().mutate(label=ibis._.case_ix))
    for number in range(1, _ROUNDS + 1):
        near = both.join(labels.select(b="case_ix", other="label"), "b").group_by("a").agg(other=ibis._.other.min())
        joined = labels.join(near, [labels.case_ix == near.a])
        newer = joined.select(
            "case_ix", label=ibis.least(joined.label, joined.other), moved=joined.other < joined.label
        )
        table = con.create_table(f"t_labels_{number}", newer)
        con.drop_table(f"t_labels_{number - 1}")
        labels = table.select("case_ix", "label")
        if not mined.scalar(table.moved.sum()):
            break
    labels = labels.rename(linked_ix="case_ix")
    out = named.left_join(labels, [named.case_ix == labels.linked_ix])
    return out.mutate(label=ibis.coalesce(out.label, out.case_ix)).drop("linked_ix")


@dataclass(frozen=True)
class Linked:
    """How many root cases of the window find one of the process numbered ``other``: Σx of Σy in ``sums``."""

    other: int
    sums: Sums


def linked_processes(mined: Mined) -> dict[int, tuple[Linked, ...]]:
    """Return for each productive process the others that root cases of it are linked to, most first.

    Found by a message, by standing in one tree of calls, or by a business key that both have and that names few cases.
    """
    import ibis

    wanted = [p.ix for p in mined.productive]
    cases = mined.cases.filter(mined.cases.process_ix.isin(wanted))
    roots = cases.filter(cases.is_root & cases.in_window)
    roots = roots.select("case_ix", "process_ix", day=day_of(roots))
    keyed = cases.filter(cases.is_root & cases.business_key.notnull())
    counts = keyed.group_by(["process_ix", "business_key"]).agg(times=keyed.count())
    usable = counts.filter(counts.times <= MAX_PER_KEY)
    other = usable.select("business_key", other="process_ix")
    mine = keyed.filter(keyed.in_window).select("case_ix", "process_ix", "business_key")
    mine = mine.semi_join(usable, ["process_ix", "business_key"])
    by_key = mine.join(other, "business_key").select("case_ix", "process_ix", "other")
    tree = cases.select("root_ix", other="process_ix").distinct()
    by_call = roots.join(tree, [roots.case_ix == tree.root_ix]).select("case_ix", "process_ix", "other")
    parts = [by_key, by_call]
    links = mined.of(message_links)
    if links is not None:
        of = mined.cases.select("case_ix", "root_ix", "process_ix")
        both = ibis.union(links, links.select(from_ix="to_ix", to_ix="from_ix"))
        near = both.join(of.select(from_ix="case_ix", root_ix="root_ix"), "from_ix")
        near = near.join(of.select(to_ix="case_ix", other="process_ix"), "to_ix").filter(ibis._.other.isin(wanted))
        parts.append(roots.join(near, [roots.case_ix == near.root_ix]).select("case_ix", "process_ix", "other"))
    hits = ibis.union(*parts)
    hits = hits.filter(hits.other != hits.process_ix).distinct()
    hits = hits.join(roots.select("case_ix", "day"), "case_ix")
    # a row for each day and pair of processes: a case is linked or not, so counts by day are all that sums need
    frame = mined.query(hits.group_by(["process_ix", "other", "day"]).agg(cases=hits.count()))
    begun: dict[int, dict[int, int]] = {}
    for process, day, n in mined.query(roots.group_by(["process_ix", "day"]).agg(n=roots.count())).itertuples(
        index=False
    ):
        begun.setdefault(int(process), {})[int(day)] = int(n)
    out: dict[int, list[Linked]] = {}
    for (process, other), rows in frame.groupby(["process_ix", "other"]):
        linked = {int(day): int(n) for day, n in zip(rows["day"], rows["cases"], strict=True)}
        k, total = sum(linked.values()), sum(begun[int(process)].values())
        days = {day: (linked.get(day, 0), n) for day, n in begun[int(process)].items()}
        out.setdefault(int(process), []).append(Linked(int(other), of_days(Sums(total, k, total, k, total, k), days)))
    return {process: tuple(sorted(all_, key=lambda t: (-t.sums.x, t.other))) for process, all_ in out.items()}
