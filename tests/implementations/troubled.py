"""`troubled.py NAME` answers everything but `start_service`, where it gets into the trouble NAME."""

import json
import os
import signal
import subprocess
import sys
import threading

from honest_echo import answer, serve


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def hangs(request: dict) -> None:
    print("about to hang", file=sys.stderr, flush=True)
    threading.Event().wait()


def dies(request: dict) -> None:
    print("Traceback: out of luck", file=sys.stderr, flush=True)
    os._exit(3)


def is_killed(request: dict) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def garbage(request: dict) -> None:
    say("Listening for requests …\n")


def blank_line(request: dict) -> None:
    say("\n")


def wrong_id(request: dict) -> None:
    say(json.dumps({**answer(request), "id": request["id"] - 1}) + "\n")


def bool_id(request: dict) -> None:
    say(json.dumps({**answer(request), "id": True}) + "\n")


def text_id(request: dict) -> None:
    say(json.dumps({**answer(request), "id": str(request["id"])}) + "\n")


def no_version(request: dict) -> None:
    say(json.dumps({"id": request["id"], "result": {}}) + "\n")


def not_an_object(request: dict) -> None:
    say("[1, 2]\n")


def result_and_error(request: dict) -> None:
    say(json.dumps({**answer(request), "error": None}) + "\n")


def neither(request: dict) -> None:
    say(json.dumps({"jsonrpc": "2.0", "id": request["id"]}) + "\n")


def not_utf8(request: dict) -> None:
    sys.stdout.buffer.write(b'{"jsonrpc": "2.0", "id": %d, "result": {"caf\xe9": 1}}\n' % request["id"])
    sys.stdout.flush()


def nan(request: dict) -> None:
    say(f'{{"jsonrpc": "2.0", "id": {request["id"]}, "result": {{"x": NaN}}}}\n')


def name_twice(request: dict) -> None:
    say(f'{{"jsonrpc": "2.0", "id": {request["id"]}, "id": {request["id"]}, "result": {{}}}}\n')


def deep(request: dict) -> None:
    say("[" * 200_000 + "\n")


def long_number(request: dict) -> None:
    say("9" * 10_000 + "\n")


def text_code(request: dict) -> None:
    say(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": {"code": "1", "message": ""}}) + "\n")


def no_message(request: dict) -> None:
    say(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": {"code": 1}}) + "\n")


def unread_request(request: dict) -> None:
    say(json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "parse error"}}) + "\n")


def half_line(request: dict) -> None:
    say('{"jsonrpc": "2.0", "id"')
    threading.Event().wait()


def half_line_and_exit(request: dict) -> None:
    say('{"jsonrpc": "2.0", "id"')
    os._exit(0)


def closes_early(request: dict) -> None:
    os.close(1)
    threading.Event().wait()


def huge_line(request: dict) -> None:
    while True:
        say("x" * 1024 * 1024)


def floods_stdout(request: dict) -> None:
    while True:
        say("{}\n" * 10_000)


def floods_stderr(request: dict) -> None:
    line = "noise " * 1000 + "\n"
    for _ in range(5_000):
        sys.stderr.write(line)
    sys.stderr.write("the \x1b[31mlast\x1b[0m words\n")
    say(json.dumps(answer(request)) + "\n")


def one_endless_line_on_stderr(request: dict) -> None:
    for _ in range(3_000):
        sys.stderr.write("x" * 10_000)
    say("no answer\n")


def stubborn(request: dict) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(json.dumps(answer(request)) + "\n")
    threading.Event().wait()


def leaves_a_child(request: dict) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
    response = {"jsonrpc": "2.0", "id": request["id"], "error": {"code": 1, "message": str(child.pid)}}
    say(json.dumps({**response, "error": {**response["error"], "data": {"reason": "other"}}}) + "\n")


def exits_after_the_answer(request: dict) -> None:
    say(json.dumps(answer(request)) + "\n")
    os._exit(0)


def dies_while_its_child_lives(request: dict) -> None:
    subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
    os._exit(4)


def deaf(request: dict) -> None:
    """From here on it answers what it was not asked yet, and reads no more."""
    number = request["id"]
    while True:
        say(json.dumps({"jsonrpc": "2.0", "id": number, "result": {"service": "S"}}) + "\n")
        number += 1


if __name__ == "__main__":
    serve(globals()[sys.argv[1]])
