"""Middle maturity: five processes of two units and one that they call; handlers, retries and parallel work bit by bit."""

from bpmn import (
    Model,
    Scope,
    boundary,
    call,
    catch,
    end,
    first_of,
    gateway,
    otherwise,
    parallel,
    receive,
    rule,
    send,
    service,
    start,
    sub,
    user,
    when,
    worker,
)
from dmn import Table


def order_to_delivery(version: int) -> Model:
    """2: credit check by the bureau · 3: retries, customers may cancel · 4: approval by decision table ·
    5: new interface of the credit bureau, which hurts · 6: that repaired · 7: invoice beside picking ·
    8: approval within a day."""
    model = Model(key="order-to-delivery", name="Order to delivery", version_tag=f"{version}.0", days_kept=365)
    model.path(start("order_received", "Order received"), user("enter_order", "Enter order", "sales"))
    if version == 1:
        model.path(
            "enter_order", user("check_credit_by_hand", "Check credit by hand", "finance"), gateway("credit_known", "")
        )
    else:
        retry = "R5/PT10M" if version >= 6 else "R3/PT10M" if version >= 3 else ""
        bureau = "creditBureau2" if version >= 5 else "creditBureau"
        model.path(
            "enter_order", service("check_credit", "Check credit", bureau, retry=retry), gateway("credit_known", "")
        )
        model.path(
            boundary("credit_refused", "Credit refused", "check_credit", "error", "CREDIT_REFUSED"),
            user("tell_customer", "Tell customer", "sales"),
            end("order_refused", "Order refused"),
        )
    if version >= 4:
        model.path(
            "credit_known",
            rule("find_approver", "Find approver", "approval-level", "level"),
            gateway("large_order", "Approval needed?"),
        )
        needed = "${level != 'none'}"
    else:
        model.path("credit_known", gateway("large_order", "Approval needed?"))
        needed = "${amount > 2000}"
    model.path(
        "large_order",
        when(needed),
        user("approve_order", "Approve order", "management", due="P2D" if version < 8 else "P1D"),
        gateway("approved"),
    )
    model.path("large_order", otherwise(), "approved")
    if version >= 3:
        model.path(
            boundary(
                "approval_late",
                "Approval is late",
                "approve_order",
                "timer",
                "P2D" if version < 8 else "P1D",
                interrupting=False,
            ),
            service("remind_approver", "Remind approver", "mail"),
            end("approver_reminded", "Approver reminded"),
        )
    if version >= 7:
        model.path(
            "approved",
            parallel("fork", "Prepare in parallel"),
            user("pick_goods", "Pick goods", "warehouse"),
            parallel("join", "Ready to ship"),
        )
        model.path("fork", call("create_invoice", "Create invoice", "invoicing"), "join")
        model.path("fork", worker("print_label", "Print label", "print-label"), "join")
    else:
        model.path(
            "approved",
            parallel("fork", "Prepare in parallel"),
            user("pick_goods", "Pick goods", "warehouse"),
            parallel("join", "Ready to ship"),
        )
        model.path("fork", worker("print_label", "Print label", "print-label"), "join")
    shipping = Scope(prefix="shipping_")
    shipping.path(
        start("shipping_started", ""),
        service("book_carrier", "Book carrier", "carrier", retry="R3/PT15M" if version >= 3 else ""),
        gateway("carrier_ok", "Carrier takes it?"),
        otherwise(),
        user("hand_over", "Hand over to carrier", "warehouse"),
        end("handed_over", "Handed over"),
    )
    shipping.path(
        "carrier_ok", when("${!carrierTakesIt}"), end("not_shippable", "Not shippable", "error", "NOT_SHIPPABLE")
    )
    model.path("join", sub("shipping", "Shipping", shipping))
    if version < 7:
        model.path(
            "shipping",
            call("create_invoice", "Create invoice", "invoicing"),
            catch("payment", "Payment received", "message", "payment-received"),
        )
    else:
        model.path("shipping", catch("payment", "Payment received", "message", "payment-received"))
    model.path("payment", end("order_delivered", "Order delivered"))
    model.path(
        boundary("shipping_failed", "Shipping failed", "shipping", "error", "NOT_SHIPPABLE"),
        service("release_stock", "Release stock", "erp"),
        end("order_not_shipped", "Order not shipped"),
    )
    if version >= 3:
        cancel = Scope(prefix="cancel_")
        cancel.path(
            start("cancellation", "Cancellation received", "message", "order-cancelled"),
            service("refund", "Refund customer", "ledger", retry="R3/PT30M"),
            end("cancelled", "Order cancelled"),
        )
        model.path(sub("customer_cancels", "Customer cancels", cancel, on_event=True))
    return model


def invoicing(version: int) -> Model:
    """2: retries for the ledger · 3: archiving in the same go."""
    model = Model(key="invoicing", name="Invoicing", version_tag=f"{version}.0", days_kept=365)
    model.path(
        start("invoice_wanted", "Invoice wanted"),
        service("post_invoice", "Post invoice", "ledger", retry="R5/PT20M" if version >= 2 else ""),
        service("archive_invoice", "Archive invoice", "archive", retry="R2/PT10M", sync=version >= 3),
        end("invoiced", "Invoiced"),
    )
    return model


def returns(version: int) -> Model:
    """2: decision table · 3: waiting for the goods ends · 4: second look at the goods, and two tasks drawn in
    parallel that one and the same person does one after the other."""
    model = Model(key="returns", name="Returns", version_tag=f"{version}.0", days_kept=365)
    model.path(
        start("return_requested", "Return requested"), user("register_return", "Register return", "service-desk")
    )
    if version >= 2:
        model.path(
            "register_return",
            rule("apply_policy", "Apply return policy", "return-policy", "policy"),
            gateway("allowed", "Allowed?"),
        )
        model.path("allowed", when("${policy == 'refuse'}"), "write_to_customer")
        model.path("allowed", otherwise(), "await_goods")
    else:
        model.path("register_return", "await_goods")
    if version >= 3:
        model.path(
            first_of("await_goods", "Goods or deadline"),
            catch("goods_arrived", "Goods arrived", "message", "goods-arrived"),
        )
        model.path(
            "await_goods",
            catch("goods_missing", "Three weeks over", "timer", "P21D"),
            end("return_expired", "Return expired"),
        )
        inspect_after = "goods_arrived"
    else:
        model.path(receive("await_goods", "Await goods", "goods-arrived"))
        inspect_after = "await_goods"
    model.path(
        inspect_after, user("inspect_goods", "Inspect goods", "workshop", due="P3D"), gateway("inspected", "Result?")
    )
    if version >= 4:
        model.path("inspected", when("${unclear}"), "inspect_goods")
    credit = call("credit_note", "Create credit note", "invoicing", business_key=False)
    if version >= 4:
        model.path(
            "inspected",
            when("${accepted}"),
            parallel("make_saleable", "Make saleable"),
            user("repack", "Repack", "repacking"),
            parallel("saleable"),
            credit,
        )
        model.path("make_saleable", user("relabel", "Relabel", "repacking"), "saleable")
    else:
        model.path("inspected", when("${accepted}"), credit)
    model.path(
        "credit_note",
        service("restock", "Put back to stock", "erp", retry="R3/PT10M" if version >= 2 else ""),
        end("refunded", "Refunded"),
    )
    model.path(
        "inspected",
        otherwise(),
        user("write_to_customer", "Write to customer", "service-desk"),
        end("return_refused", "Return refused"),
    )
    return model


def complaints(version: int) -> Model:
    """2: a lead takes over what lies too long · 3: parts are ordered by message."""
    model = Model(key="complaints", name="Complaints", version_tag=f"{version}.0", days_kept=365)
    model.path(
        start("complaint_received", "Complaint received"),
        user("record_complaint", "Record complaint", "service-desk"),
        user("assess_complaint", "Assess complaint", "service-experts", due="P2D"),
        gateway("assessed", "Assessed?"),
        when("${incomplete}"),
        user("ask_customer", "Ask customer", "service-desk"),
        "assess_complaint",
    )
    if version >= 2:
        model.path(
            boundary("assessment_late", "Three days over", "assess_complaint", "timer", "P3D"),
            user("decide_late_case", "Decide late case", "service-lead"),
            "assessed",
        )
    if version >= 3:
        model.path(
            "assessed",
            when("${partNeeded}"),
            send("order_part", "Order spare part", "part-requested"),
            user("settle", "Settle with customer", "service-desk"),
        )
    else:
        model.path(
            "assessed",
            when("${partNeeded}"),
            user("order_part_by_hand", "Order spare part by hand", "service-desk"),
            user("settle", "Settle with customer", "service-desk"),
        )
    model.path(
        "settle", gateway("settled", "Settled?"), when("${agreed}"), end("complaint_settled", "Complaint settled")
    )
    model.path("settled", otherwise(), end("complaint_rejected", "Complaint rejected"))
    model.path("assessed", otherwise(), "settle")
    return model


def spare_part_dispatch(version: int) -> Model:
    """2: retries · 3: what is out of stock is ordered · 4: mail to the customer.

    The two bookings are drawn in parallel and run one after the other."""
    model = Model(key="spare-part-dispatch", name="Spare-part dispatch", version_tag=f"{version}.0", days_kept=365)
    retry = "R3/PT10M" if version >= 2 else ""
    model.path(start("part_wanted", "Part wanted"), service("reserve_part", "Reserve part", "erp", retry=retry))
    if version >= 3:
        model.path(start("part_requested", "Part requested by complaint", "message", "part-requested"), "reserve_part")
        model.path(
            boundary("out_of_stock", "Out of stock", "reserve_part", "error", "OUT_OF_STOCK"),
            user("order_from_supplier", "Order from supplier", "purchasing"),
            receive("await_part", "Await part", "part-delivered"),
            "pack_part",
        )
    model.path(
        "reserve_part",
        parallel("book", "Book"),
        service("book_stock", "Book stock", "erp", sync=True),
        parallel("booked"),
        user("pack_part", "Pack part", "workshop"),
    )
    model.path("book", service("book_costs", "Book costs", "archive", sync=True), "booked")
    if version >= 4:
        model.path(
            "pack_part",
            service("tell_customer", "Tell customer", "mail", retry="R3/PT5M"),
            end("part_sent", "Part sent"),
        )
    else:
        model.path("pack_part", end("part_sent", "Part sent"))
    return model


def purchase_approval(version: int) -> Model:
    """2: decision table · 3: reminder."""
    model = Model(key="purchase-approval", name="Purchase approval", version_tag=f"{version}.0", days_kept=365)
    model.path(start("purchase_requested", "Purchase requested"), user("describe_need", "Describe need", "purchasing"))
    if version >= 2:
        model.path(
            "describe_need", rule("find_approvers", "Find approvers", "approval-level", "level"), "approve_purchase"
        )
    else:
        model.path("describe_need", "approve_purchase")
    model.path(
        user(
            "approve_purchase", "Approve purchase", "management", due="P3D", each="lists.of(approvers)", one_by_one=True
        ),
        gateway("purchase_approved", "Approved?"),
        when("${approved}"),
        service("place_order", "Place order", "erp", retry="R3/PT10M" if version >= 2 else ""),
        end("purchase_ordered", "Purchase ordered"),
    )
    model.path("purchase_approved", otherwise(), end("purchase_refused", "Purchase refused"))
    if version >= 3:
        model.path(
            boundary("purchase_late", "Three days over", "approve_purchase", "timer", "P3D", interrupting=False),
            service("remind_management", "Remind management", "mail"),
            end("management_reminded", "Management reminded"),
        )
    return model


def approval_level(version: int) -> Table:
    limit = {1: 2000, 2: 5000}[version]
    return Table(
        "approval-level",
        "Approval level",
        (("amount", "integer"),),
        ("level", "string"),
        ((f"< {limit}", '"none"'), ("< 8000", '"manager"'), ("", '"board"')),
        f"{version}.0",
    )


def return_policy(version: int) -> Table:
    return Table(
        "return-policy",
        "Return policy",
        (("daysSincePurchase", "integer"), ("used", "boolean")),
        ("policy", "string"),
        (("> 60", "", '"refuse"'), ("> 14", "true", '"refuse"' if version == 1 else '"reduce"'), ("", "", '"accept"')),
        f"{version}.0",
    )


MODELS = {order_to_delivery: 8, invoicing: 3, returns: 4, complaints: 3, spare_part_dispatch: 4, purchase_approval: 3}
DECISIONS = {approval_level: 2, return_policy: 2}
