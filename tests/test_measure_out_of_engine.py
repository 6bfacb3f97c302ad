"""How much of the service work is done by workers outside the engine: by the model of the version that ran."""

from __future__ import annotations

import pytest

from poanalyzer.results import Status

from .traces import check

METRIC = "out-of-engine-execution-share"
VERSION = "cases:\na  process_version=1\n"
TEXT = f"""
× 40
a  Charge  0–1  bot    serviceTask
a  Post    1–2  bot    serviceTask
a  Post    2–3  bot    serviceTask
a  Tell    3–4  bot    sendTask
a  Decide  4–5  bot    businessRuleTask
a  Odd     5–6  bot    serviceTask
a  Wait    6–7  bot    receiveTask
a  Check   7–8  human  userTask
{VERSION}elements:
Charge  serviceTask       implementation=external:charge
Post    serviceTask       implementation=class:org.acme.Post
Tell    sendTask          implementation=connector:http-connector
Decide  businessRuleTask  implementation=decision:price
Odd     serviceTask
Wait    receiveTask       implementation=external:wait
Check   userTask          implementation=external:check
"""


def test_workers_and_connectors_against_code_in_the_engine():
    # a case: Charge and Tell outside, Post twice inside; the decision, what the model does not say, and what is no service
    # work count nowhere
    found = check(METRIC, TEXT, value=0.5, numerator=80, denominator=160, n=40)
    assert [e.what for e in found.evidence] == ["Post: 80 executions by code or scripts in the engine"]
    check(METRIC, TEXT, process=None, value=0.5, denominator=160)


@pytest.mark.parametrize(
    ("said", "value"),
    [("external:post", 1.0), ("job:post", 1.0), ("connector:soap-http-connector", 1.0), ("delegate:${post}", 0.5),
     ("expression:${post}", 0.5), ("script:groovy", 0.5), ("mail:mail", 0.5), ("shell:shell", 0.5)],
)  # fmt: skip
def test_each_way_of_doing_a_task(said: str, value: float):
    check(METRIC, TEXT.replace("class:org.acme.Post", said), value=value)


def test_the_model_of_the_version_that_ran_decides():
    # version 2 lets a worker post; ten cases ran it: 80 + 40 of 160 + 40
    two = TEXT.replace("elements:", "× 10\nb  Post  0–1  bot  serviceTask\nb  Post  1–2  bot  serviceTask\n"
                       "b  Post  2–3  bot  serviceTask\nb  Post  3–4  bot  serviceTask\n"
                       "cases:\nb  process_version=2\nelements:")  # fmt: skip
    check(METRIC, two + "Post  serviceTask  version=2 implementation=external:post", value=120 / 200)
    # without the model of version 2 its rows are left out
    check(METRIC, two, value=0.5, denominator=160)


def test_where_it_says_nothing():
    only = TEXT.replace("process_version=1", "process_version=1 engine=camunda8")
    check(METRIC, only, status=Status.NOT_SUPPORTED, value=None, reason="by construction")
    # beside another engine its processes count for nothing
    both = TEXT.replace("elements:", "× 40\nb  Post  0–1  bot  serviceTask\ncases:\n"
                        "b  process_key=q process_version=1 engine=camunda8\n"
                        "elements:\nPost  serviceTask  process_key=q implementation=job:post")  # fmt: skip
    check(METRIC, both, process="q", status=Status.NOT_SUPPORTED, value=None)
    check(METRIC, both, process=None, value=0.5, denominator=160, n=40)
    check(METRIC, f"× 40\na  Odd  0–1  bot  serviceTask\n{VERSION}elements:\nOdd  serviceTask",
          status=Status.NOT_APPLICABLE, value=None)  # fmt: skip
    check(METRIC, TEXT, lacks={"models": "Export."}, status=Status.NOT_AVAILABLE, value=None)
    check(METRIC, TEXT.replace("× 40", "× 29"), status=Status.INSUFFICIENT, value=0.5, reason="29 closed cases")
