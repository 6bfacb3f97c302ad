"""Outside records that lost their key: at what rate each kind of record is linked, and what the lost ones may have said.

Where keys are lost at random within a kind of record, what all records together reach can be told from the linked ones,
although a case that has several counts only the one that reaches farthest: the expected reach of a thinned set is a
polynomial in the share that is left, and it is continued from the share seen, k, to the whole, 1 (as Good and Toulmin
1956 do for species that a larger sample would show).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.mine.blocks import whole_number
from poanalyzer.mine.outside import build_outside, handovers_seen, keyless_records, of_window
from poanalyzer.mine.times import beside_engine, case_times, closed_roots, outside_spans

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: Kinds with fewer records share one rate: a few tell none of their own.
MIN_RECORDS = 10
#: No linked record stands for more than this many: beyond it the continuation is more noise than estimate.
MOST_WEIGHT = 5.0
#: Records are drawn by the first five hexadecimal digits of a hash, so many times.
_LOTS, _DRAWS = 16**5, 3


@dataclass(frozen=True)
class Linkage:
    """How many outside records of the window there are, and how many of them name a known case.

    ``weights``: activity → how many records a linked one of it stands for (1 / link rate), for kinds with a linked one.
    ``never``: records of kinds without any linked one. ``without_key``: those rejected for want of a key.
    """

    linked: int
    unlinked: int
    without_key: int
    weights: dict[str, float]
    never: float

    @property
    def lost(self) -> int:
        """Records that name no known case, or none at all."""
        return self.unlinked + self.without_key

    @property
    def rate(self) -> float:
        """The share of the records that name a known case."""
        return self.linked / max(self.linked + self.lost, 1)


def linkage(mined: Mined) -> Linkage:
    """Return how the outside records of the window are linked, by kind (the name of the activity).

    Records without any key are counted on the way in, not named: they are taken to be of the kinds that those with an unknown
    key are of, and of all kinds alike where there are none.
    """
    rows = of_window(mined)
    frame = mined.query(rows.group_by("activity").agg(n=rows.count(), linked=rows.root_ix.count()))
    kinds = {str(r.activity): (int(r.n), int(r.linked)) for r in frame.itertuples()}
    keyed = sum(n for n, _ in kinds.values())
    linked = sum(x for _, x in kinds.values())
    unlinked, without = keyed - linked, keyless_records(mined)
    few = [pair for pair in kinds.values() if pair[0] < MIN_RECORDS]
    shared = (sum(n for n, _ in few), sum(x for _, x in few))
    weights, never = {}, 0.0
    for name, pair in sorted(kinds.items()):
        of, seen = pair if pair[0] >= MIN_RECORDS else shared
        share = (of - seen) / unlinked if unlinked else of / keyed
        if seen:
            weights[name] = (of + share * without) / seen
        else:
            never += pair[0] + (pair[0] / unlinked) * without
    return Linkage(linked, unlinked, without, weights, never if kinds else float(without))


def steps_beside(mined: Mined, shadow: dict[str, int]) -> float:
    """Return how many steps beside the engine there were, were keys lost at random within each kind.

    Args:
        shadow: activity → linked records without a counterpart in the engine. A lost record doubles engine work as often as a
            linked one of its kind does; one of a kind that is never linked counts as a step.
    """
    found = mined.of(linkage)
    return sum(n * found.weights.get(name, 1.0) for name, n in shadow.items()) + found.never


def fewer_handovers(mined: Mined) -> dict[int, tuple[int, int]]:
    """Return the hand-overs of the window by process as they were if once more as large a share of the records were lost.

    Process number → (mediated by the engine, all). What a loss does to a figure that many records make together is seen by
    repeating it (simulation and extrapolation, Cook and Stefanski 1994); records are drawn by their number, mean of some draws.
    """
    outside = mined.of(build_outside)
    linked = outside.filter(outside.root_ix.notnull() & ~outside.counterpart)
    below = f"{round(mined.of(linkage).rate * _LOTS):05x}"
    cases = mined.cases.filter(mined.cases.in_window).select("case_ix", "process_ix")
    found: dict[int, tuple[int, int]] = {}
    for draw in range(_DRAWS):
        lot = (linked.number.cast("string") + f"/{draw}").hexdigest("md5").left(5)
        moves = handovers_seen(mined, linked.filter(lot < below)).join(cases, [("root_ix", "case_ix")])
        for r in mined.query(
            moves.group_by("process_ix").agg(x=moves.mediated.sum(), y=moves.pairs.sum())
        ).itertuples():
            x, y = found.get(int(r.process_ix), (0, 0))
            found[int(r.process_ix)] = x + whole_number(r.x), y + whole_number(r.y)
    return found


def case_reach(mined: Mined) -> ibis.Table:
    """Create and return ``m_reach``: one row a closed root case of the window that a linked record reaches beside.

    ``case_ix``, ``before`` and ``after`` (µs that the linked records reach beyond the engine's time) and the same with the
    lost ones, estimated: ``whole_reach``, ``whole_beside`` (covered by records). Estimates are unbiased over
    cases, not for each: some are negative.
    """
    import ibis

    roots = mined.of(closed_roots)
    spans, weights = outside_spans(mined), _weights(mined).rename(kind="activity")
    seen = spans.left_join(weights, [spans.activity == weights.kind]).drop("kind")
    seen = seen.mutate(weight=ibis.coalesce(seen.weight, 1.0))
    parts = beside_engine(seen, roots)
    order = [parts.far.desc(), parts.start, parts.end, parts.weight, parts.activity]
    before = ibis.window(group_by=["case_ix", "early"], order_by=order, preceding=(None, 1))
    left = _left_over(
        (parts.weight > 1).cast("int64").sum().over(before), (parts.weight == 1).cast("int64").sum().over(before),
        _log(parts.weight).sum().over(before),
    )  # fmt: skip
    terms = parts.mutate(term=parts.far * parts.weight * left)
    per = terms.group_by("case_ix").agg(
        before=terms.far.max(where=terms.early), after=terms.far.max(where=~terms.early), whole_reach=terms.term.sum()
    )
    covered = _covered(parts).rename(covered_ix="case_ix")
    rows = per.left_join(covered, [per.case_ix == covered.covered_ix]).drop("covered_ix")
    return mined.log.con.create_table(
        "m_reach",
        rows.select(
            "case_ix", before=ibis.coalesce(rows.before, 0), after=ibis.coalesce(rows.after, 0),
            whole_reach=rows.whole_reach.round().cast("int64"),
            whole_beside=ibis.coalesce(rows.covered, 0.0).round().cast("int64"),
        ),
    )  # fmt: skip


def whole_times(mined: Mined) -> ibis.Table:
    """Return :func:`case_times` with ``whole_elapsed`` and ``whole_dark``: as they would be with the lost records (µs)."""
    import ibis

    rows = mined.of(case_times)
    if not mined.of(linkage).lost:
        return rows.mutate(whole_elapsed=rows.elapsed, whole_dark=rows.dark)
    reach = mined.of(case_reach).select(reach_ix="case_ix", whole_reach="whole_reach", whole_beside="whole_beside")
    rows = rows.left_join(reach, [rows.case_ix == reach.reach_ix])
    far, covered = ibis.coalesce(rows.whole_reach, 0), ibis.coalesce(rows.whole_beside, 0)
    return rows.mutate(whole_elapsed=rows.active + rows.waiting + far, whole_dark=far - covered).drop(
        "reach_ix", "whole_reach", "whole_beside"
    )


def room(mined: Mined, process: Process | None) -> int:
    """Return by how much (µs) the lost records can lengthen the closed cases of a process (of all, for None) at most.

    Each lengthens one case at one end, and reaches no farther before its beginning, or after its end, than the linked record
    that reaches farthest.
    """
    import ibis

    rows, reach = mined.of(case_times), mined.of(case_reach)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    most = mined.query(reach.agg(before=reach.before.max(), after=reach.after.max())).to_dict("records")[0]
    ones = reach.select(reach_ix="case_ix", before="before", after="after")
    both = rows.select("case_ix").left_join(ones, [rows.case_ix == ones.reach_ix])
    ends = [both.select(left=int(most[side]) - ibis.coalesce(both[side], 0)) for side in ("before", "after")]
    left = ibis.union(*ends).order_by(ibis._.left.desc()).limit(mined.of(linkage).lost)
    return int(mined.scalar(left.left.sum()) or 0)


def lost_time(mined: Mined) -> int:
    """Return how much time (µs) the lost records cover at most; those without a key last no longer than any other."""
    rows = of_window(mined).filter(lambda t: t.start.notnull() & (t.end > t.start))
    length = rows.end - rows.start
    found = mined.query(rows.agg(lost=length.sum(where=rows.root_ix.isnull()), longest=length.max()))
    lost, longest = (0 if v is None or v != v else int(v) for v in found.iloc[0][["lost", "longest"]])
    return lost + mined.of(linkage).without_key * longest


def _weights(mined: Mined) -> ibis.Table:
    import ibis

    weights = mined.of(linkage).weights
    return ibis.memtable(
        {"activity": list(weights), "weight": [min(w, MOST_WEIGHT) for w in weights.values()]},
        schema=ibis.schema({"activity": "string", "weight": "float64"}),
    )


def _log(weight: ibis.Value) -> ibis.Value:
    """Return ln |1 − w|, 0 where w is 1 (those are counted apart)."""
    import ibis

    return ibis.ifelse(weight > 1, ibis.ifelse(weight > 1, weight - 1, 1.0).ln(), 0.0)


def _left_over(many: ibis.Value, sure: ibis.Value, logs: ibis.Value) -> ibis.Value:
    """Return Π(1 − w) of weights w ≥ 1, from how many are above 1, how many are 1, and Σ ln |1 − w|."""
    import ibis

    sign = ibis.ifelse(ibis.coalesce(many, 0) % 2 == 0, 1.0, -1.0)
    return ibis.ifelse(ibis.coalesce(sure, 0) > 0, 0.0, sign * ibis.coalesce(logs, 0.0).exp())


def _covered(parts: ibis.Table) -> ibis.Table:
    """Return the time of each case that records cover beside the engine, the lost ones included: ∫ 1 − Π(1 − w)."""
    import ibis

    def edge(at: str, sign: int) -> ibis.Table:
        return parts.select(
            "case_ix", t=parts[at], many=(parts.weight > 1).cast("int64") * sign,
            sure=(parts.weight == 1).cast("int64") * sign, logs=_log(parts.weight) * sign,
        )  # fmt: skip

    both = ibis.union(edge("start", 1), edge("end", -1))
    # what begins or ends at one instant is summed first, so that their order cannot matter
    points = both.group_by(["case_ix", "t"]).agg(many=both.many.sum(), sure=both.sure.sum(), logs=both.logs.sum())
    order = ibis.window(group_by="case_ix", order_by="t", preceding=None, following=0)
    points = points.mutate(
        many=points.many.sum().over(order), sure=points.sure.sum().over(order), logs=points.logs.sum().over(order),
        until=points.t.lead().over(ibis.window(group_by="case_ix", order_by="t")),
    )  # fmt: skip
    open_ = points.filter(points.until.notnull() & (points.many + points.sure > 0))
    share = 1.0 - _left_over(open_.many, open_.sure, open_.logs)
    return open_.group_by("case_ix").agg(covered=((open_.until - open_.t) * share).sum())
