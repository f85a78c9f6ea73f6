"""`--sut` is parsed once, into a value for each way to connect, and written back as it was."""

from __future__ import annotations

import pickle

import pytest

from billing_tck.sut import Faulty, Http, InvalidSutSpec, Null, Python, Reference, Stdio, SutSpec, parse_sut


@pytest.mark.parametrize(
    ("text", "sut"),
    [
        ("reference", Reference()),
        ("reference:month_end=clamp,late", Reference((("month_end", "clamp"),), "before_midnight")),
        ("reference:late=morning", Reference((), "morning")),
        ("faulty:stop-after-21-days", Faulty("stop-after-21-days")),
        ("faulty:stop-after-21-days,month_end=clamp", Faulty("stop-after-21-days", (("month_end", "clamp"),))),
        ("empty:accepts", Null("accepts")),
        ("python:shop.tck:make.it", Python("shop.tck", "make.it")),
        ("stdio:node 'my server.mjs' --port 1", Stdio(("node", "my server.mjs", "--port", "1"))),
        ("http://127.0.0.1:8080/rpc", Http("http://127.0.0.1:8080/rpc")),
        ("https://billing.example", Http("https://billing.example")),
    ],
)
def test_each_way_to_connect_has_its_value_and_is_written_back_as_it_was(text: str, sut: SutSpec) -> None:
    assert parse_sut(text) == sut
    assert str(sut) == text


def test_spaces_around_the_words_of_the_reference_are_ignored() -> None:
    assert parse_sut("reference: month_end=clamp , late") == parse_sut("reference:month_end=clamp,late")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--sut '': unknown kind of implementation ''. Expected one of:\n  reference "),
        ("pyton:a:b", "--sut 'pyton:a:b': unknown kind of implementation 'pyton'; did you mean 'python'? Expected"),
        ("python", "--sut 'python': unknown kind of implementation 'python'. Expected one of:"),
        ("python:shop", "--sut 'python:shop': '' is not the name of a factory. Write python:"),
        ("python:a-b:c", "--sut 'python:a-b:c': 'a-b' is not the name of a module. Write python:"),
        ("stdio:", "--sut 'stdio:': the command is missing. Write stdio:"),
        ("faulty:", "--sut 'faulty:': the name of the fault is missing. Write faulty:NAME"),
        ("faulty:month_end=clamp", "--sut 'faulty:month_end=clamp': the name of the fault is missing. "),
        ("reference:noon", "--sut 'reference:noon': expected KNOB=VALUE, got 'noon'. Write reference, "),
        ("reference:a=b,a=c", "--sut 'reference:a=b,a=c': 'a' is given twice. "),
        ("http://", "--sut 'http://': the host is missing. Write http://HOST:PORT/PATH"),
        (
            "http://me:pw@host/",
            "--sut 'http://…@host/': a user and password in the URL are not sent. Write http",
        ),
        ("http://me:pw@host:x/", "--sut 'http://…@host:x/': invalid URL"),
        (
            "http://host/?t=${TOKEN}",
            "--sut 'http://host/?t=${TOKEN}': variables are not read in a URL, because reports",
        ),
        ("127.0.0.1:80", "--sut '127.0.0.1:80': unknown kind of implementation '127.0.0.1'; did you mean http://127."),
    ],
)
def test_what_cannot_mean_anything_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(InvalidSutSpec) as caught:
        parse_sut(text)
    assert str(caught.value).startswith(message)
    assert caught.value.spec == text
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
