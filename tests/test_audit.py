"""check-trace --map: a log in a form of one's own is judged customer by customer."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import billing_tck
from billing_tck.audit.auditor import Audit, audit
from billing_tck.audit.histories import Read, by_customer
from billing_tck.audit.life import life_of
from billing_tck.audit.log import rows_of
from billing_tck.audit.mapping import Form
from billing_tck.audit.mapping_file import InvalidMapping, read_mapping
from billing_tck.cli.main import main
from billing_tck.connect import open_unfrozen
from billing_tck.contract import Refused
from billing_tck.contract.encode import encode
from billing_tck.contract.values import Collected, OrganizationView, SubscriptionRef
from billing_tck.explorer.partial_view import FIELDS
from billing_tck.situations.alphabet import ALPHABET
from billing_tck.situations.map_file import load_map
from billing_tck.situations.scene import START, Scene
from billing_tck.steps.world import Caller

PAGE = Path(billing_tck.__file__).parent / "docs" / "log-mapping.md"
LOG, MAPPING, OUTPUT = (
    textwrap.dedent(block).strip("\n") + "\n"
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE.read_text(encoding="utf-8"), re.MULTILINE)[1:4]
)
MINIMAL = '[log]\norganization = "c"\ntime = "t"\n'
TIER = '[[event]]\nwhen = { k = "tier" }\ncall = "choose_tier"\nparams = { tier = "d" }\n'


def write(folder: Path, log: str, mapping: str, name: str = "ledger.csv") -> tuple[Path, Path]:
    paths = folder / name, folder / "mapping.toml"
    for path, text in zip(paths, (log, mapping), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def audited(folder: Path, log: str, mapping: str, name: str = "ledger.csv") -> Audit:
    path, mapped = write(folder, log, mapping, name)
    return audit(path, read_mapping(mapped))


# The page


def test_the_example_of_the_page_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, LOG, MAPPING)
    monkeypatch.chdir(tmp_path)
    assert main(["check-trace", "ledger.csv", "--map", "mapping.toml"]) == 1
    assert capsys.readouterr().out == OUTPUT


def test_the_page_names_every_field_of_a_view() -> None:
    assert [name for name in FIELDS if f"`{name}`" not in PAGE.read_text(encoding="utf-8")] == []


def test_without_the_line_that_is_not_allowed_the_log_conforms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = "".join(line for line in LOG.splitlines(keepends=True) if ";running;" not in line)
    path, mapping = write(tmp_path, log, MAPPING)
    assert main(["check-trace", str(path), "--map", str(mapping)]) == 0
    out = capsys.readouterr().out
    assert "the rules allow every line that could be judged" in out
    assert "9 lines, 2 customers; 10 of 10 answers judged" in out
    assert "1 line ignored, as the mapping says" in out


# Logs of the reference: right ones conform, wrong ones do not

WHOLE = """
[log]
organization = "customer"
time = "at"
settles_within = "PT0S"
"""
CALLS: Mapping[str, Sequence[str]] = {
    "create_organization": (),
    "start_trial": ("credits",),
    "choose_tier": ("tier",),
    "create_service": ("service", "replica_memory_gib"),
    "start_service": ("service",),
    "stop_service": ("service",),
    "scale_service": ("service", "replica_memory_gib"),
    "record_usage": ("amount",),
    "add_card": ("behaviour",),
    "set_card_behaviour": ("behaviour",),
    "attempt_collection": (),
    "pay_invoice": (),
    "link_subscription": ("offer", "marketplace"),
    "end_subscription": ("cause",),
    "sign_commitment": ("credits", "expires_at", "subscription"),
    "grant_credits": ("amount", "expires_at"),
    "grant_extension": ("until",),
    "record_contact": (),
    "delete_data": (),
}


def whole_mapping() -> str:
    """A mapping in which every call has its own name, and every field of a view a column of its name."""
    parts = [WHOLE]
    for call, params in CALLS.items():
        inner = ", ".join(f'{name} = "{name}"' for name in params)
        parts.append(f'[[event]]\nwhen = {{ method = "{call}" }}\ncall = "{call}"\nrefused = {{ outcome = "refused" }}')
        parts.append(f"params = {{ {inner} }}")
        if call == "attempt_collection":
            parts.append('collected = "collected"')
    shown = ", ".join(f'{name} = "view.{name}"' for name in FIELDS)
    parts.append(f'[[event]]\nwhen = {{ method = "view" }}\nview = {{ {shown} }}')
    return "\n".join(parts)


class Logging:
    """A driver that writes a line for each call about its organization, and after each call what that shows."""

    def __init__(self, driver: Caller, customer: str) -> None:
        self._driver = driver
        self._customer = customer
        self._now = START
        self._offers: dict[str, str] = {}
        self.lines: list[dict[str, Any]] = []

    def call(self, method: str, params: Mapping[str, object]) -> object:
        if isinstance(now := params.get("now"), datetime):
            self._now = now
        try:
            outcome = self._driver.call(method, params)
        except Refused:
            self._line(method, params, "refused", None)
            raise
        if isinstance(outcome, SubscriptionRef):
            self._offers[outcome.subscription] = str(params["offer"])
        self._line(method, params, "done", outcome)
        return outcome

    def _line(self, method: str, params: Mapping[str, object], ended: str, outcome: object) -> None:
        line = {"customer": self._customer, "at": encode(self._now), "method": method, "outcome": ended}
        if method == "get_organization" and isinstance(outcome, OrganizationView):
            self.lines.append({**line, "method": "view", "view": shown(outcome)})
        if method not in CALLS:
            return
        given = {name: encode(value) for name, value in params.items() if name in CALLS[method]}
        if method == "link_subscription":
            given["offer"] = self._offers[str(params["subscription"])]
        if method == "create_service" and outcome is not None:
            given["service"] = getattr(outcome, "service", "")
        if isinstance(outcome, Collected):
            given["collected"] = encode(outcome.collected)
        self.lines.append({**line, **given})


def shown(view: OrganizationView) -> dict[str, object]:
    """What a ledger would show of an organization, from its whole view and not from the kit's own projection."""
    states = {service.state for service in view.services}
    payer = view.billing_method
    usable = [grant.left for grant in view.credits]
    fields: dict[str, object] = {
        "restricted": view.restricted,
        "card_on_file": view.card_on_file,
        "billed_by": str(payer.marketplace if payer.kind == "marketplace" else payer.kind),
        "trial": str(view.trial.state),
        "services": str(states.pop()) if len(states) == 1 else "",
        "data": str(view.data),
        "owed": str(sum(invoice.amount for invoice in view.invoices if invoice.state == "open")),
        "invoiced": str(sum(invoice.amount for invoice in view.invoices if invoice.state != "void")),
        "charged": str(sum(charge.amount for charge in view.charges if charge.succeeded)),
        "credits_left": str(sum(usable)) if usable else "",
    }
    return fields


NOT_IN_A_LOG = {"link-by-developer", "link-new-payg", "link-new-free-trial", "link-new-committed"}


def histories() -> Iterator[tuple[str, ...]]:
    """Every 100th history of the map that a log can tell."""
    known = load_map()
    whole = [known.history_of(transition) for transition in known.transitions]
    possible = [history for history in whole if not NOT_IN_A_LOG & set(history) and len(history) > 3]
    yield from possible[::100]


def logged(sut: str) -> str:
    """Histories of the map as JSON lines, each by a customer of its own."""
    lines: list[dict[str, Any]] = []
    with closing(open_unfrozen(sut)) as driver:
        for number, history in enumerate(histories()):
            logging = Logging(driver, f"C-{number}")
            driver.call("reset", {"now": START})
            scene = Scene(START)
            for name in history:
                taken = ALPHABET[name].play(logging, scene)
                if taken is None:
                    break
                scene = taken.scene
            lines += logging.lines
    return "\n".join(map(json.dumps, lines)) + "\n"


def test_a_log_of_the_reference_conforms(tmp_path: Path) -> None:
    log = logged("reference")
    found = audited(tmp_path, log, whole_mapping(), "log.jsonl")
    assert found.first is None, found.first
    assert found.customers > 60
    assert found.judged > 0.8 * found.answers
    assert found.supposed == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "clause"),
    [("stop-after-7-days", "BC-29"), ("services-never-deleted", "BC-31")],
)
def test_a_log_of_a_wrong_implementation_does_not(tmp_path: Path, fault: str, clause: str) -> None:
    found = audited(tmp_path, logged(f"faulty:{fault}"), whole_mapping(), "log.jsonl")
    assert found.violating
    assert clause in found.clauses


def test_readings_that_are_not_declared_are_found_for_all_customers_together(tmp_path: Path) -> None:
    log = logged("reference:unpaid_clock=until_all_paid,arrears_cure=credits_pay")
    found = audited(tmp_path, log, whole_mapping(), "log.jsonl")
    assert found.first is None, found.first
    assert found.supposed["arrears_cure"] == "credits_pay"


@pytest.mark.slow
def test_customers_that_follow_different_readings_are_not_explained_together(tmp_path: Path) -> None:
    one = logged("reference:arrears_cure=credits_pay")
    other = logged("reference:arrears_cure=method_lifts").replace('"C-', '"D-')
    assert audited(tmp_path, one + other, whole_mapping(), "log.jsonl").violating


# Forms of a log


def test_units_zones_and_decimal_commas(tmp_path: Path) -> None:
    mapping = (
        MINIMAL
        + 'time_zone = "America/New_York"\nsettles_within = "PT0S"\n'
        + TIER
        + '[[event]]\nwhen = { k = "use" }\ncall = "record_usage"\n'
        + 'params = { amount = { column = "d", unit = "cents" } }\n'
        + '[[event]]\nwhen = { k = "scale" }\ncall = "create_service"\n'
        + 'params = { replica_memory_gib = { column = "d", unit = "mib" } }\n'
    )
    rows = "c,t,k,d\nA,2025-01-18 00:30,tier,scale\nA,2025-01-18 01:00,scale,8192\nA,2025-01-19,use,12345\n"
    path, mapped = write(tmp_path, rows, mapping)
    found = read_mapping(mapped)
    with path.open(encoding="utf-8") as file, by_customer(rows_of(file, Form.CSV, found), found, Read()) as customers:
        ((customer, lines),) = customers()
    history, _ = life_of(customer, lines, found)
    assert [encode(answer.at) for answer in history.answers if answer.method == "record_usage"] == [
        "2025-01-19T05:00:00Z"
    ]
    assert [encode(answer.params.get("amount")) for answer in history.answers if answer.method == "record_usage"] == [
        "123.45"
    ]
    assert [a.params["replica_memory_gib"] for a in history.answers if a.method == "create_service"] == [8]


def test_lines_come_in_any_order(tmp_path: Path) -> None:
    head, *lines = LOG.splitlines(keepends=True)
    found = audited(tmp_path, head + "".join(reversed(lines)), MAPPING)
    assert found.first is not None
    assert found.first.checked.clauses[0] == "BC-29"


def test_what_nothing_made_is_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = MINIMAL + TIER + '[[event]]\nwhen = { k = "stop" }\ncall = "stop_service"\nparams = { service = "d" }\n'
    path, mapped = write(tmp_path, "c,t,k,d\nA,2025-01-18,tier,scale\nA,2025-01-19,stop,s9\nA,2025-01-20,x,\n", mapping)
    assert main(["check-trace", str(path), "--map", str(mapped)]) == 0
    out = capsys.readouterr().out
    assert "not judged, 1 times: no line before created the service s9" in out
    assert "1 line fit no event of the mapping: k=x" in out


# Wrong input


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("", "[log] is missing"),
        (MINIMAL, "`event` is missing"),
        (MINIMAL + "[[event]]\nignore = true\n", "`when` is missing"),
        (MINIMAL + '[[event]]\nwhen = { k = "x" }\n', "expected one of `call`, `view` and `ignore`, got none"),
        (MINIMAL + TIER.replace("choose_tier", "chose_tier"), "did you mean choose_tier"),
        (MINIMAL + TIER.replace("{ tier", "{ tir"), "choose_tier needs `tier`"),
        (MINIMAL + '[[event]]\nwhen = { k = "x" }\nview = { restrictd = "d" }\n', "did you mean restricted"),
        (MINIMAL + TIER.replace('"d"', '{ column = "d", unit = "cents" }'), "`tier` is not in cents"),
        (MINIMAL + TIER.replace('"d"', '{ column = "d", unit = "euros" }'), "unknown value 'euros'"),
        (MINIMAL + 'time_zone = "Berlin"\n' + TIER, "unknown time zone 'Berlin'"),
        (MINIMAL + 'delimiter = ";;"\n' + TIER, "`delimiter` is not one character"),
        (MINIMAL + 'settles_within = "P2D"\n' + TIER, "`settles_within` is more than a day"),
        (MINIMAL + 'settles_within = "soon"\n' + TIER, "not a duration"),
        (MINIMAL + "[readings]\ndeadline = 'at'\n" + TIER, "unknown knob 'deadline'"),
        (MINIMAL + "[readings]\ndeadline_instant = 'noon'\n" + TIER, "deadline_instant has no value 'noon'"),
        (MINIMAL + TIER + 'collected = "d"\n', "only attempt_collection has `collected`"),
        (MINIMAL + TIER + "often = 3\n", "unknown key 'often'"),
        ("[log\n", "invalid TOML"),
    ],
)
def test_a_wrong_mapping_names_the_place_and_the_fix(
    tmp_path: Path, mapping: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, mapped = write(tmp_path, "c,t,k,d\nA,2025-01-18,tier,scale\n", mapping)
    with pytest.raises(InvalidMapping):
        read_mapping(mapped)
    assert main(["check-trace", str(path), "--map", str(mapped)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert re.search(r"mapping\.toml:\d+", err)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", "there is no column 'c'"),
        ("c;t;k;d\nA;2025-01-18;tier;scale\n", "is ',' the delimiter?"),
        ("c,t,k\nA,2025-01-18,tier\n", "there is no column 'd'"),
        ("c,t,k,d\n", "the log has no line"),
        ("c,t,k,d\nA,2025-01-18,other,x\n", "no event of the mapping fits any of its 1 lines"),
        ("c,t,k,d\nA,2025-01-18,tier\n", "it has 3 cells, and the header has 4"),
        ("c,t,k,d\nA,18.1.2025,tier,scale\n", "line 2: column 't': expected an ISO 8601 time, got \"18.1.2025\""),
        ("c,t,k,d\nA,2025-01-18,tier,huge\n", "column 'd': expected a word of the contract"),
        ("c,t,k,d\n,2025-01-18,tier,scale\n", "column 'c': expected the identifier of a customer"),
        ('c,t,k,d\nA,2025-01-18,tier,"sca\n', "not CSV"),
    ],
)
def test_a_log_that_does_not_fit_its_mapping(
    tmp_path: Path, log: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, mapped = write(tmp_path, log, MINIMAL + TIER)
    assert main(["check-trace", str(path), "--map", str(mapped)]) == 2
    assert said in capsys.readouterr().err


def test_all_problems_of_a_log_are_named_up_to_twenty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"A,2025-01-18,tier,huge{number}\n" for number in range(30))
    path, mapped = write(tmp_path, "c,t,k,d\n" + rows, MINIMAL + TIER)
    assert main(["check-trace", str(path), "--map", str(mapped)]) == 2
    assert len(re.findall(r"line \d+: column 'd'", capsys.readouterr().err)) == 20


@pytest.mark.parametrize("name", ["nowhere.csv", "-", "folder"])
def test_a_log_that_is_no_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "", MINIMAL + TIER)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["check-trace", name, "--map", "mapping.toml"]) == 2


def test_a_log_that_is_not_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, mapped = write(tmp_path, "", MINIMAL + TIER)
    path.write_bytes("c,t,k,d\nMüller,2025-01-18,tier,scale\n".encode("latin-1"))
    assert main(["check-trace", str(path), "--map", str(mapped)]) == 2
    assert "is not UTF-8 text" in capsys.readouterr().err


def test_one_event_counts_for_a_line(tmp_path: Path) -> None:
    found = audited(tmp_path, "c,t,k,d\nA,2025-01-18,tier,scale\n", MINIMAL + TIER + TIER)
    assert found.answers == 2  # the organization, and one choice of a tier
