"""Low maturity: one project, two processes, mostly one human task after another; systems are called without a net."""

from bpmn import Model, end, gateway, otherwise, parallel, receive, script, service, start, user, when


def order_handling(version: int) -> Model:
    """Version 2, after half a year: the invoice is created by the ERP system, and large orders wait less."""
    model = Model(key="order-handling", name="Order handling")
    model.path(
        start("start", "Start"),
        user("enter_order", "Enter order", "sales"),
        user("check_customer", "Check customer", "sales"),
        gateway("needs_approval", "Large order?"),
        when("${amount > 2000}" if version == 1 else "${amount > 5000}"),
        user("approve_order", "Approve order", "management"),
        gateway("approved", "Approved?"),
        when("${approved}"),
        gateway("go_on"),
        parallel("book_and_print"),
        script("order_number", "Number delivery note", "${amount + 1}", "deliveryNote"),
        parallel("booked_and_printed"),
        user("pick_goods", "Pick goods", "warehouse"),
        service("book_delivery", "Book delivery in ERP", "erp"),
    )
    model.path("book_and_print", script("copy_address", "Copy address", "${customer}", "address"), "booked_and_printed")
    if version == 1:
        model.path(
            "book_delivery",
            user("write_invoice", "Write invoice", "accounts"),
            user("hand_over", "Hand over to carrier", "warehouse"),
        )
    else:
        model.path(
            "book_delivery",
            service("create_invoice", "Create invoice in ERP", "erp"),
            user("hand_over", "Hand over to carrier", "warehouse"),
        )
    model.path(
        "hand_over",
        user("check_payment", "Check payment", "accounts"),
        gateway("paid", "Paid?"),
        when("${paid}"),
        end("end", "End"),
    )
    model.path("paid", otherwise(), user("remind_customer", "Remind customer", "accounts"), "check_payment")
    model.path("needs_approval", otherwise(), "go_on")
    model.path("approved", otherwise(), user("tell_customer", "Tell customer", "sales"), "end")
    return model


def goods_return(version: int) -> Model:
    """Never changed. The credit note comes from another system by message, and sometimes never."""
    model = Model(key="goods-return", name="Goods return")
    model.path(
        start("start", "Start"),
        user("note_return", "Note return", "service"),
        user("inspect_goods", "Inspect goods", "warehouse"),
        service("post_return", "Post return in ERP", "erp"),
        receive("wait_credit", "Wait for credit note", "credit-note"),
        user("answer_customer", "Answer customer", "service"),
        end("end", "End"),
    )
    return model


MODELS = {order_handling: 2, goods_return: 1}
DECISIONS: dict = {}
