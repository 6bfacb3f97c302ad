"""High maturity, retail and the platform team: what sells and buys, and the processes that others call."""

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
    rule,
    service,
    start,
    sub,
    throw,
    user,
    when,
    worker,
)
from dmn import Table


def notify(id: str = "notify_customer", name: str = "Notify customer") -> object:
    """The called process that informs customers, as every process uses it."""
    return call(id, name, "customer-notification", variables="customer")


def order_to_delivery(version: int) -> Model:
    """2: shorter wait for approvals · 3: two booking retries more · 4: documents beside picking · 5: new booking interface of
    the carrier, which hurts · 6: that repaired · 7: form · 8: dunning after ten days, condition of entry."""
    model = Model(key="order-to-delivery", name="Order to delivery", version_tag=f"2.{version}", days_kept=365)
    by_hand = "${channel == 'phone'}" if version < 8 else "${channel == 'phone' || amount > 9000}"
    model.path(
        start("order_received", "Order received"),
        gateway("entered", "By phone?"),
        when(by_hand),
        user("enter_order", "Enter order", "sales", due="PT4H", form=f"forms/enter-order-{1 if version < 7 else 2}"),
        gateway("ready_to_check", ""),
        parallel("check", "Check in parallel"),
        worker("score_risk", "Score risk", "score-risk", template="risk-score:1"),
        parallel("checked", "Checked"),
        rule("classify_credit", "Classify credit", "credit-class", "creditClass"),
        gateway("credit_ok", "Credit good?"),
        otherwise(),
        rule("find_approver", "Find approver", "approval-level", "level"),
        gateway("large_order", "Approval needed?"),
        when("${level != 'none'}"),
        user("approve_order", "Approve order", "management", due="P1D", form="forms/approve-order-1"),
        gateway("approved"),
    )
    model.path("entered", otherwise(), "ready_to_check")
    model.path("check", worker("check_stock", "Check stock", "check-stock", template="erp-call:1"), "checked")
    model.path(
        "credit_ok",
        when("${creditClass == 'D'}"),
        notify("notify_refusal", "Notify of refusal"),
        end("order_refused", "Order refused"),
    )
    model.path("large_order", otherwise(), "approved")
    model.path(
        boundary(
            "approval_late",
            "Approval is late",
            "approve_order",
            "timer",
            "P2D" if version == 1 else "P1D",
            interrupting=False,
        ),
        service("remind_approver", "Remind approver", "mail", retry="R3/PT10M", template="mail:1"),
        end("approver_reminded", "Approver reminded"),
    )
    model.path(
        "approved",
        parallel("prepare", "Prepare in parallel"),
        user("pick_goods", "Pick goods", "warehouse", due="PT8H"),
        parallel("prepared", "Ready to ship"),
    )
    model.path("prepare", call("create_invoice", "Create invoice", "invoicing"), "prepared")
    model.path("prepare", worker("print_label", "Print label", "print-label", template="label:1"), "prepared")
    if version >= 4:
        model.path("prepare", user("prepare_documents", "Prepare documents", "sales", due="PT8H"), "prepared")
    model.path("prepared", sub("shipping", "Shipping", _shipping(version)), notify())
    model.path(
        boundary("shipping_failed", "Shipping failed", "shipping", "error", "NOT_SHIPPABLE"),
        service("release_stock", "Release stock", "erp", retry="R5/PT10M", template="erp-call:1"),
        end("order_not_shipped", "Order not shipped"),
    )
    model.path(
        "notify_customer",
        first_of("await_payment", "Payment or deadline"),
        catch("payment_received", "Payment received", "message", "payment-received"),
        end("order_delivered", "Order delivered and paid"),
    )
    model.path(
        "await_payment",
        catch("payment_late", "Payment is late", "timer", "P14D" if version < 8 else "P10D"),
        user("dun_customer", "Dun customer", "finance", due="P1D"),
        "await_payment",
    )
    cancel = Scope(prefix="cancel_")
    cancel.path(
        start("cancellation", "Cancellation received", "message", "order-cancelled"),
        throw("undo_all", "Undo what was booked", "compensate"),
        service("refund", "Refund customer", "ledger", retry="R5/PT15M", template="ledger:1"),
        end("order_cancelled", "Order cancelled by customer"),
    )
    model.path(sub("customer_cancels", "Customer cancels", cancel, on_event=True))
    address = Scope(prefix="address_")
    address.path(
        start("address_changed", "Address changed", "message", "address-changed", interrupting=False),
        user("change_address", "Change address", "sales"),
        end("address_corrected", "Address corrected"),
    )
    model.path(sub("new_address", "New address", address, on_event=True))
    return model


def _shipping(version: int) -> Scope:
    shipping = Scope(prefix="shipping_")
    retry = "R3/PT10M" if version < 3 else "R5/PT10M"
    template = "carrier:1" if version < 5 else "carrier:2"
    if version >= 6:
        template = "carrier:3"
    shipping.path(
        start("shipping_started", ""),
        service("book_carrier", "Book carrier", "carrier", retry=retry, template=template),
        gateway("carrier_ok", "Carrier takes it?"),
        otherwise(),
        user("hand_over", "Hand over to carrier", "warehouse", due="PT8H"),
        end("handed_over", "Handed over"),
    )
    shipping.undo("book_carrier", service("cancel_booking", "Cancel booking", "carrierDesk", sync=True, undoes=True))
    shipping.path(
        "carrier_ok",
        when("${!carrierTakesIt}"),
        throw("undo_booking", "Undo booking", "compensate"),
        end("not_shippable", "Not shippable", "error", "NOT_SHIPPABLE"),
    )
    return shipping


def invoicing(version: int) -> Model:
    """2: longer retries · 3: archive by worker."""
    model = Model(key="invoicing", name="Invoicing", version_tag=f"2.{version}", days_kept=365)
    model.path(
        start("invoice_wanted", "Invoice wanted"),
        service(
            "post_invoice",
            "Post invoice",
            "ledger",
            retry="R5/PT10M" if version == 1 else "PT5M,PT10M,PT20M,PT1H,PT3H",
            template="ledger:1",
        ),
        worker("archive_invoice", "Archive invoice", "archive-document", template="archive:1")
        if version >= 3
        else service("archive_invoice", "Archive invoice", "archive", retry="R5/PT10M", template="archive:1"),
        end("invoiced", "Invoiced"),
    )
    model.path(
        boundary("ledger_closed", "Ledger is closed", "post_invoice", "error", "LEDGER_CLOSED"),
        user("post_by_hand", "Post by hand", "finance", due="P1D"),
        end("invoiced_by_hand", "Invoiced by hand"),
    )
    return model


def customer_notification(version: int) -> Model:
    """2: a wrong address is looked up · 3: form."""
    model = Model(key="customer-notification", name="Customer notification", version_tag=f"1.{version}", days_kept=180)
    model.path(
        start("message_wanted", "Message wanted"),
        worker("send_message", "Send message", "send-message", template="message:1"),
        end("customer_informed", "Customer informed"),
    )
    unknown = boundary("address_unknown", "Address unknown", "send_message", "error", "ADDRESS_UNKNOWN")
    if version == 1:
        model.path(unknown, end("customer_not_reached", "Customer not reached"))
    else:
        model.path(
            unknown,
            user("find_address", "Find address", "service-desk", due="P1D", form=f"forms/address-{version}"),
            end("customer_called", "Customer informed by phone"),
        )
    return model


def purchase_approval(version: int) -> Model:
    """2: form · 3: reminder after two days · 4: limit of the fast lane · 5: retries · 6: that limit again ·
    7: budget is awaited."""
    model = Model(key="purchase-approval", name="Purchase approval", version_tag=f"1.{version}", days_kept=365)
    limit = 200 if version < 4 else 400 if version < 6 else 500
    model.path(
        start("purchase_requested", "Purchase requested"),
        gateway("described", ""),
        gateway("small_purchase", "Fast lane?"),
        otherwise(),
        rule("find_approvers", "Find approvers", "approval-level", "level"),
        user(
            "approve_purchase",
            "Approve purchase",
            "management",
            due="P2D",
            form=f"forms/approve-purchase-{1 if version == 1 else 2}",
            each="lists.of(approvers)",
            one_by_one=True,
        ),
        gateway("purchase_approved", "Approved?"),
        when("${approved}"),
        gateway("to_order", ""),
    )
    model.path(
        start("part_missing", "Part missing in service", "message", "purchase-requested"),
        user("describe_need", "Describe need", "purchasing", due="P1D"),
        "described",
    )
    model.path("small_purchase", when(f"${{amount < {limit}}}"), "to_order")
    order = service(
        "place_order", "Place order", "erp", retry="R3/PT10M" if version < 5 else "R5/PT10M", template="erp-call:1"
    )
    if version >= 7:
        model.path("to_order", catch("budget_free", "Budget is free", "condition", "${budgetFree == true}"), order)
    else:
        model.path("to_order", order)
    model.path("place_order", end("purchase_ordered", "Purchase ordered"))
    model.path("purchase_approved", otherwise(), end("purchase_refused", "Purchase refused"))
    if version >= 3:
        model.path(
            boundary("purchase_late", "Purchase is late", "approve_purchase", "timer", "P2D", interrupting=False),
            service("remind_management", "Remind management", "mail", retry="R3/PT10M", template="mail:1"),
            end("management_reminded", "Management reminded"),
        )
    return model


def supplier_onboarding(version: int) -> Model:
    """2: form · 3: due date · 4: retries · 5: what cannot be read is typed in · 6: form · 7: due date."""
    model = Model(key="supplier-onboarding", name="Supplier onboarding", version_tag=f"1.{version}", days_kept=365)
    form = f"forms/references-{1 if version < 2 else 2 if version < 6 else 3}"
    model.path(
        start("supplier_proposed", "Supplier proposed"),
        parallel("collect", "Collect in parallel"),
        user("check_references", "Check references", "purchasing", due="P3D" if version < 3 else "P2D", form=form),
        parallel("collected", "All collected"),
        user("review_contract", "Review contract", "legal", due="P3D", each="lists.of(reviewers)"),
        gateway("supplier_ok", "Accepted?"),
        when("${accepted}"),
        service(
            "create_supplier",
            "Create supplier",
            "erp",
            retry="R3/PT10M" if version < 4 else "R5/PT10M",
            template="erp-call:1",
        ),
        end("supplier_active", "Supplier active"),
    )
    model.path(
        "collect",
        worker("score_risk", "Score risk", "score-risk", template="risk-score:1"),
        gateway("risk_ok", "Risk bearable?"),
        otherwise(),
        "collected",
    )
    model.path("risk_ok", when("${riskScore > 92}"), end("supplier_too_risky", "Supplier too risky", "terminate"))
    model.path(
        "collect",
        worker("read_documents", "Read documents", "read-document", template="reader:1"),
        gateway("documents_read", ""),
        "collected",
    )
    model.path(
        "collect",
        user("negotiate_terms", "Negotiate terms", "negotiation", due="P5D" if version < 7 else "P4D"),
        "collected",
    )
    if version >= 5:
        model.path(
            boundary("unreadable", "Unreadable", "read_documents", "error", "UNREADABLE"),
            user("type_in_data", "Type in data", "purchasing", due="P1D"),
            "documents_read",
        )
    model.path("supplier_ok", otherwise(), end("supplier_rejected", "Supplier rejected"))
    return model


def credit_limit_review(version: int) -> Model:
    """2: limit of automatic decisions · 3: form · 4: retries · 5: that limit again · 6: due date · 7: that limit again."""
    model = Model(key="credit-limit-review", name="Credit-limit review", version_tag=f"1.{version}", days_kept=365)
    limit = {1: 1000, 2: 1500, 3: 1500, 4: 1500, 5: 2500, 6: 2500}.get(version, 3000)
    model.path(
        start("review_due", "Review due"),
        worker("score_risk", "Score risk", "score-risk", template="risk-score:1"),
        rule("classify_credit", "Classify credit", "credit-class", "creditClass"),
        gateway("automatic", "Automatic?"),
        otherwise(),
        user(
            "review_limit",
            "Review limit",
            "finance",
            due="P2D" if version < 6 else "P1D",
            form=f"forms/limit-{1 if version < 3 else 2}",
        ),
        gateway("raise_limit", "Raise?"),
        when("${raise}"),
        service(
            "set_limit", "Set limit", "erp", retry="R3/PT10M" if version < 4 else "R5/PT10M", template="erp-call:1"
        ),
        end("limit_raised", "Limit raised"),
    )
    model.path("automatic", when(f"${{amount < {limit} && creditClass == 'A'}}"), "set_limit")
    model.path("raise_limit", otherwise(), end("limit_kept", "Limit kept"))
    return model


def approval_level(version: int) -> Table:
    limit = {1: 2000, 2: 2500, 3: 3000, 4: 5000}[version]
    rules = ((f"< {limit}", '"none"'), ("< 9000", '"manager"'), ("", '"board"'))
    return Table("approval-level", "Approval level", (("amount", "integer"),), ("level", "string"), rules, f"{version}")


def credit_class(version: int) -> Table:
    worst = {1: 94, 2: 95, 3: 96}[version]
    rules = (("< 60", "", '"A"'), ("< 80", "< 5000", '"B"'), (f"> {worst}", "", '"D"'), ("", "", '"C"'))
    return Table(
        "credit-class",
        "Credit class",
        (("riskScore", "integer"), ("amount", "integer")),
        ("creditClass", "string"),
        rules,
        f"{version}",
    )


MODELS = {
    order_to_delivery: 8,
    invoicing: 3,
    customer_notification: 3,
    purchase_approval: 7,
    supplier_onboarding: 7,
    credit_limit_review: 7,
}
DECISIONS = {approval_level: 4, credit_class: 3}
