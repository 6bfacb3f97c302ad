"""The definitions of the invented flows of ``power_automate_samples.py``, as the table workflow holds them."""

from __future__ import annotations

from typing import Any

CONNECTOR = "/providers/Microsoft.PowerApps/apis/"
Json = dict[str, Any]


def connector(api: str, operation: str, after: Json | None = None, **more: Any) -> Json:
    """Return an action of a connector in a definition."""
    inputs: Json = {
        "host": {"apiId": CONNECTOR + api, "operationId": operation, "connectionName": api},
        "parameters": {},
    }
    if "retry" in more:
        inputs["retryPolicy"] = more.pop("retry")
    return {"type": more.pop("type", "OpenApiConnection"), "inputs": inputs, "runAfter": after or {}, **more}


def ran(*names: str) -> Json:
    """Return what an action waits for: the success of these."""
    return {name: ["Succeeded"] for name in names}


def expense_definition(retry: bool) -> Json:
    """Return the definition of “Approve expense”; the second version tries the budget again."""
    policy = {"type": "fixed", "count": 3, "interval": "PT10S"} if retry else {"type": "none"}
    trying = {
        "Get_manager": connector("shared_office365users", "Manager_V2"),
        "Check_policy": {
            "type": "Http", "inputs": {"method": "POST", "uri": "https://rules.northport.example/check"},
            "runAfter": ran("Get_manager"), "limit": {"timeout": "PT2M"},
        },
        "Look_up_budget": connector("shared_sql", "GetItem_V2", ran("Get_manager"), retry=policy),
        "Start_and_wait_for_an_approval": connector(
            "shared_approvals", "StartAndWaitForAnApproval", ran("Check_policy", "Look_up_budget"),
            type="OpenApiConnectionWebhook", limit={"timeout": "P3D"},
        ),
        "Condition": {
            "type": "If", "expression": "@equals(1, 1)", "runAfter": ran("Start_and_wait_for_an_approval"),
            "actions": {"Book_expense": connector("shared_sql", "PostItem_V2")},
            "else": {"actions": {"Tell_applicant": connector("shared_office365", "SendEmailV2")}},
        },
    }  # fmt: skip
    catching = {
        "Tell_the_desk": connector("shared_teams", "PostMessageToConversation"),
        "Terminate": {"type": "Terminate", "inputs": {"runStatus": "Failed"}, "runAfter": ran("Tell_the_desk")},
    }
    return {
        "triggers": {"When_an_item_is_created": connector("shared_sharepointonline", "GetOnNewItems")},
        "actions": {
            "Initialize_variable": {"type": "InitializeVariable", "inputs": {}, "runAfter": {}},
            "Try": {"type": "Scope", "actions": trying, "runAfter": ran("Initialize_variable")},
            "Catch": {"type": "Scope", "actions": catching, "runAfter": {"Try": ["Failed", "TimedOut"]}},
        },
    }


def invoice_definition(child: str) -> Json:
    """Return the definition of “Take in invoice”."""
    loop = {
        "type": "Foreach", "foreach": "@triggerBody()?['attachments']", "runAfter": {},
        "runtimeConfiguration": {"concurrency": {"repetitions": 4}},
        "actions": {
            "Create_file": connector("shared_sharepointonline", "CreateFile"),
            "Read_document": connector("shared_aibuilder", "aibuilderpredict", ran("Create_file")),
        },
    }  # fmt: skip
    post = {
        "type": "Workflow",
        "inputs": {"host": {"workflowReferenceName": child}},
        "runAfter": {"Apply_to_each": ["Succeeded", "Failed"]},
    }
    return {
        "triggers": {"When_a_new_email_arrives_(V3)": connector("shared_office365", "OnNewEmailV3")},
        "actions": {"Apply_to_each": loop, "Run_a_Child_Flow": post},
    }


def posting_definition() -> Json:
    """Return the definition of “Post invoice”."""
    policy = {"type": "exponential", "count": 4, "interval": "PT7S", "maximumInterval": "PT1M"}
    call = {
        "type": "Http",
        "inputs": {"method": "POST", "uri": "https://erp.northport.example/invoices", "retryPolicy": policy},
        "runAfter": {},
    }
    respond = {"type": "Response", "kind": "PowerApp", "inputs": {"statusCode": 200}, "runAfter": ran("Post_to_ERP")}
    return {
        "triggers": {"manual": {"type": "Request", "kind": "PowerAppV2"}},
        "actions": {"Post_to_ERP": call, "Respond_to_a_PowerApp_or_flow": respond},
    }
