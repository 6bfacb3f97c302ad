"""What to do about each finding on the quality of a log, by its id."""

from __future__ import annotations

REMEDIES = {
    "tied-times": "Export the engine's own sequence number or finer times; orders of tied rows are not relied on.",
    "no-resource": "Export who completed human work; services need no name.",
    "unknown-hands": "Say who is who in the project file: [accounts] human = […], bot = […], system = […].",
    "midnight": "Map a column that has the time of day; if there is none, read no order or wait within a day.",
    "unfinished": "Look at the example: an end that was not written, or work that was left when the case ended.",
    "no-start": "Export start times: without them there are no durations, no overlaps and no waiting times.",
    "instant": "Ask whether the work takes no time, or is only recorded when it is done.",
    "form-based-capture": "Do not read order or durations into these rows; ask for the times of the single fields.",
    "collateral-events": "Keep one row for each piece of work, or map what tells instances apart.",
    "repeated-rows": "Leave repeated rows out of the export; they count as rework here.",
    "time-travel": "Check the clocks of the systems and the time zones of the columns; mend or leave out these rows.",
    "elusive-case": "Map the column that holds a case together, such as the order number.",
    "scattered-case": "Link the cases (call, message or business key), or read them as one journey: [[process]] journey.",
    "scattered-event": "Make events of these times if they tell of work: map them as rows of an outside source.",
    "polluted-label": "Cut numbers and ids from the names before export: one name for each step.",
    "distorted-label": "Choose one spelling in the export or in the model.",
    "synonymous-labels": "Choose one name for each element in all versions of the model.",
    "homonymous-labels": "Give elements that differ names that differ; figures by name add them up.",
    "unanchored-event": "Check the format of dates: day and month may have been swapped when the file was written.",
    "gap": "Ask whether the engine stood still or the export lost these days; rates over them are too low.",
    "clock-skew": "Set the clocks by one source; until then waits across the two sides are off by the difference.",
    "mixed-granularity": "Find out which rows were written by hand or by a coarser system; read no order between the two.",
    "far-off-times": "Mend or leave out these rows: they move the window, the months and the first release.",
    "granularity": "Export times with their fractions of a second if the system keeps them.",
    "no-business-key": "Give every root case the key of its business object, so that systems can be joined on it.",
    "repeated-business-key": "Ask whether the key names a customer instead of a matter, or the work was begun twice.",
    "rejected": "Look at the rows named in the problems and mend them at the source.",
    "rare-order": "Look at these cases: an exception to the rule, or times that two clocks or a form have swapped.",
}
