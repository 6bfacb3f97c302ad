"""High maturity, service: what comes back, complains, breaks and is registered."""

from bpmn import (
    Model,
    Scope,
    boundary,
    call,
    catch,
    end,
    first_of,
    gateway,
    inclusive,
    otherwise,
    parallel,
    rule,
    send,
    service,
    start,
    sub,
    throw,
    user,
    when,
    worker,
)
from dmn import Table
from high_retail import notify


def returns(version: int) -> Model:
    """2: form · 3: three weeks instead of four · 4: retries · 5: credit note and stock in parallel · 6: form · 7: due date."""
    model = Model(key="returns", name="Returns", version_tag=f"2.{version}", days_kept=365)
    form = f"forms/inspect-{1 if version < 2 else 2 if version < 6 else 3}"
    item = Scope(prefix="item_")
    item.path(
        start("item_there", ""),
        user("inspect_item", "Inspect item", "workshop", due="P2D" if version < 7 else "P1D", form=form),
        service("grade_item", "Grade item", "erp", sync=True, template="erp-call:1"),
        end("item_graded", "Item graded"),
    )
    model.path(
        start("return_requested", "Return requested"),
        rule("apply_policy", "Apply return policy", "return-policy", "policy"),
        gateway("allowed", "Allowed?"),
        otherwise(),
        first_of("await_goods", "Goods or deadline"),
        catch("goods_arrived", "Goods arrived", "message", "goods-arrived"),
        sub("inspection", "Inspection", item, each="lists.of(items)"),
        gateway("inspected", "Accepted?"),
    )
    retry = "R3/PT10M" if version < 4 else "R5/PT10M"
    credit = call("credit_note", "Create credit note", "invoicing")
    restock = service("restock", "Put back to stock", "erp", retry=retry, template="erp-call:1")
    if version < 5:
        model.path("inspected", when("${accepted}"), credit, restock, notify())
    else:
        model.path(
            "inspected",
            when("${accepted}"),
            parallel("settle", "Settle in parallel"),
            credit,
            parallel("settled"),
            notify(),
        )
        model.path("settle", restock, "settled")
        model.path("settle", user("dispose_packaging", "Dispose of packaging", "warehouse"), "settled")
    model.path("notify_customer", end("refunded", "Refunded"))
    model.path(
        "await_goods",
        catch("goods_missing", "Deadline over", "timer", "P28D" if version < 3 else "P21D"),
        end("return_expired", "Return expired"),
    )
    model.path("allowed", when("${policy == 'refuse'}"), "notify_refusal")
    model.path(
        "inspected", otherwise(), notify("notify_refusal", "Notify of refusal"), end("return_refused", "Return refused")
    )
    return model


def complaints(version: int) -> Model:
    """2: form · 3: visits are asked for · 4: the lead hears of hard cases · 5: form · 6: later deadline · 7: form."""
    model = Model(key="complaints", name="Complaints", version_tag=f"2.{version}", days_kept=365)
    form = f"forms/assess-{1 if version < 2 else 2 if version < 5 else 3 if version < 7 else 4}"
    work = Scope(prefix="work_")
    work.path(
        start("work_started", ""),
        gateway("again", ""),
        parallel("look", "Look at it in parallel"),
        user("assess_complaint", "Assess complaint", "service-experts", due="P2D", form=form),
        parallel("looked_at"),
        gateway("complete", "Complete?"),
        otherwise(),
        *([gateway("hard_case", "Hard case?"), otherwise()] if version >= 4 else []),
        end("assessed", "Assessed"),
    )
    work.path("look", user("call_customer", "Call customer", "service-desk", due="P1D"), "looked_at")
    work.path("complete", when("${incomplete}"), "again")
    if version >= 4:
        work.path("hard_case", when("${hard}"), throw("escalated", "Hard case", "escalation", "HARD_CASE"), "assessed")
    model.path(
        start("complaint_received", "Complaint received"),
        rule("check_cover", "Check cover", "warranty-cover", "cover"),
        sub("assessment", "Assessment", work),
        inclusive("measures", "What is needed?"),
        otherwise(),
        user("settle", "Settle with customer", "service-desk", due="P2D"),
        inclusive("measures_done"),
        notify(),
        gateway("agreed", "Agreed?"),
        when("${agreed}"),
        end("complaint_settled", "Complaint settled"),
    )
    model.path("agreed", otherwise(), end("complaint_rejected", "Complaint rejected"))
    model.path(
        "measures", when("${partNeeded}"), send("order_part", "Order spare part", "part-requested"), "measures_done"
    )
    if version >= 3:
        model.path(
            "measures", when("${visitNeeded}"), send("order_visit", "Order visit", "visit-requested"), "measures_done"
        )
    if version >= 4:
        model.path(
            boundary("lead_asked", "Hard case", "assessment", "escalation", "HARD_CASE", interrupting=False),
            user("advise", "Advise on hard case", "service-lead", due="P1D"),
            end("advised", "Advised"),
        )
    model.path(
        boundary("assessment_late", "Assessment is late", "assessment", "timer", "P4D" if version < 6 else "P5D"),
        user("decide_late_case", "Decide late case", "service-lead", due="P1D"),
        "measures",
    )
    return model


def spare_part_dispatch(version: int) -> Model:
    """2: retries, purchasing is asked by message · 3: the customer hears · 4: form · 5: packing
    beside label and booking · 6: deadline · 7: form.

    Up to version 4 two bookings are drawn in parallel and run in one transaction, one after the other.
    """
    model = Model(key="spare-part-dispatch", name="Spare-part dispatch", version_tag=f"2.{version}", days_kept=365)
    form = f"forms/pack-{1 if version < 4 else 2 if version < 7 else 3}"
    model.path(
        start("part_wanted", "Part wanted"),
        service(
            "reserve_part",
            "Reserve part",
            "erp",
            retry="R3/PT10M" if version < 2 else "R5/PT10M",
            template="erp-call:1",
        ),
    )
    model.path(start("part_requested", "Part requested by complaint", "message", "part-requested"), "reserve_part")
    pack = user("pack_part", "Pack part", "workshop", due="PT8H", form=form)
    model.path(
        "reserve_part",
        gateway("part_there", ""),
        parallel("book", "In parallel"),
        service("book_stock", "Book stock", "erp", sync=version < 5, retry="R5/PT10M", template="erp-call:1"),
        parallel("booked"),
    )
    if version < 5:
        model.path(
            "book", service("book_costs", "Book costs", "archive", sync=True, template="archive:1"), "booked", pack
        )
        last = "pack_part"
    else:
        model.path("book", worker("print_label", "Print label", "print-label", template="label:1"), "booked")
        model.path("book", pack, "booked")
        model.path("book", user("prepare_papers", "Prepare papers", "service-desk", due="PT8H"), "booked")
        last = "booked"
    if version >= 3:
        model.path(last, notify(), end("part_sent", "Part sent"))
    else:
        model.path(last, end("part_sent", "Part sent"))
    model.path(
        boundary("out_of_stock", "Out of stock", "reserve_part", "error", "OUT_OF_STOCK"),
        user("choose_supplier", "Choose supplier", "service-experts", due="P1D"),
        *([send("ask_purchasing", "Ask purchasing", "purchase-requested")] if version >= 2 else []),
        first_of("await_part", "Part or deadline"),
        catch("part_delivered", "Part delivered", "message", "part-delivered"),
        "part_there",
    )
    model.path(
        "await_part",
        catch("part_missing", "Deadline over", "timer", "P28D" if version < 6 else "P21D"),
        end("part_unavailable", "Part unavailable"),
    )
    return model


def field_service_visit(version: int) -> Model:
    """2: form · 3: recalls are checked on the way · 4: retries · 5: form · 6: report and invoice in parallel · 7: due date."""
    model = Model(key="field-service-visit", name="Field-service visit", version_tag=f"1.{version}", days_kept=365)
    form = f"forms/visit-{1 if version < 2 else 2 if version < 5 else 3}"
    model.path(
        start("visit_wanted", "Visit wanted"),
        worker("find_technician", "Find technician", "schedule-technician", template="scheduler:1"),
    )
    model.path(
        start("visit_requested", "Visit requested by complaint", "message", "visit-requested"), "find_technician"
    )
    model.path(
        boundary("nobody_free", "Nobody is free", "find_technician", "error", "NOBODY_FREE"),
        user("find_by_hand", "Find technician by hand", "service-lead", due="P1D"),
        "day_of_visit",
    )
    model.path(
        "find_technician",
        catch("day_of_visit", "Day of visit", "timer", "P2D"),
        user("repair_on_site", "Repair on site", "technicians", due="P1D" if version < 7 else "PT8H", form=form),
        gateway("repaired", "Repaired?"),
        when("${!repaired}"),
        "find_technician",
    )
    report = user("write_report", "Write report", "technicians", due="P1D")
    invoice = call("create_invoice", "Create invoice", "invoicing", business_key=False)
    if version < 6:
        model.path("repaired", otherwise(), report, invoice, notify())
    else:
        model.path(
            "repaired", otherwise(), parallel("close", "Close in parallel"), report, parallel("closed"), notify()
        )
        model.path("close", invoice, "closed")
        model.path("close", user("ask_for_rating", "Ask for rating", "service-desk", due="P1D"), "closed")
    model.path("notify_customer", end("visit_done", "Visit done"))
    if version >= 3:
        recall = Scope(prefix="recall_")
        recall.path(
            start("recall_announced", "Recall announced", "signal", "recall-announced", interrupting=False),
            user("check_recall", "Check for recall", "service-desk", due="P1D"),
            end("recall_checked", "Recall checked"),
        )
        model.path(sub("recall", "Recall", recall, on_event=True))
    missed = Scope(prefix="missed_")
    missed.path(
        start("visit_cancelled", "Visit cancelled", "message", "visit-cancelled"),
        service(
            "free_technician",
            "Free technician",
            "mail",
            retry="R3/PT10M" if version < 4 else "R5/PT10M",
            template="mail:1",
        ),
        end("visit_not_done", "Visit not done"),
    )
    model.path(sub("customer_not_there", "Customer is not there", missed, on_event=True))
    return model


def warranty_registration(version: int) -> Model:
    """2: form · 3: limit of automatic reading · 4: retries · 5: that limit again · 6: form · 7: that limit again."""
    model = Model(key="warranty-registration", name="Warranty registration", version_tag=f"1.{version}", days_kept=365)
    limit = 70 if version < 3 else 60 if version < 5 else 50 if version < 7 else 45
    model.path(
        start("card_received", "Warranty card received"),
        worker("read_document", "Read card", "read-document", template="reader:1"),
        gateway("readable", "Read for sure?"),
        otherwise(),
        rule("check_cover", "Check cover", "warranty-cover", "cover"),
        gateway("covered", "Covered?"),
        when("${cover == 'none'}"),
        notify("notify_refusal", "Notify of refusal"),
        end("registration_refused", "Registration refused"),
    )
    model.path(
        "readable",
        when(f"${{readingQuality < {limit}}}"),
        user(
            "correct_card",
            "Correct card",
            "service-desk",
            due="P2D",
            form=f"forms/card-{1 if version < 2 else 2 if version < 6 else 3}",
        ),
        "check_cover",
    )
    model.path(boundary("unreadable", "Unreadable", "read_document", "error", "UNREADABLE"), "correct_card")
    model.path(
        "covered",
        otherwise(),
        service(
            "store_warranty",
            "Store warranty",
            "erp",
            retry="R3/PT10M" if version < 4 else "R5/PT10M",
            template="erp-call:1",
        ),
        notify(),
        end("warranty_registered", "Warranty registered"),
    )
    return model


def return_policy(version: int) -> Table:
    days = {1: 60, 2: 75, 3: 90}[version]
    rules = ((f"> {days}", "", '"refuse"'), ("> 14", "true", '"reduce"'), ("", "", '"accept"'))
    inputs = (("daysSincePurchase", "integer"), ("used", "boolean"))
    return Table("return-policy", "Return policy", inputs, ("policy", "string"), rules, f"{version}")


def warranty_cover(version: int) -> Table:
    days = {1: 730, 2: 760, 3: 800}[version]
    rules = ((f"> {days}", '"none"'), ("> 365", '"parts"'), ("", '"full"'))
    return Table(
        "warranty-cover",
        "Warranty cover",
        (("daysSincePurchase", "integer"),),
        ("cover", "string"),
        rules,
        f"{version}",
    )


MODELS = {
    returns: 7,
    complaints: 7,
    spare_part_dispatch: 7,
    field_service_visit: 7,
    warranty_registration: 7,
}
DECISIONS = {return_policy: 3, warranty_cover: 3}
