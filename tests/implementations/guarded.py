"""The reference behind a server as people really run one: a token, https, a health check, a log that says too much.

    python -m tests.implementations.guarded --port N [--tls CERT [--clients CA]] [--ready-after N] [--exit-after N]
                                            [--starts DIR] [--delay S]

It answers 401 to a request without `Authorization: Bearer $EXPECTED_TOKEN`, and repeats the token it was given wherever
it can: in its log, in the body of a 401, and as the name of the implementation. With `--starts` it writes a file when
it starts, and another when it is asked to terminate.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from billing_tck.reference.catalogue import served
from billing_tck.server.jsonrpc_server import RequestHandler


class Handler(BaseHTTPRequestHandler):
    """One request: its token, then the contract."""

    protocol_version = "HTTP/1.1"
    desk: RequestHandler
    health_checks = 0
    posts = 0
    ready_after = 0
    exit_after = 0
    delay = 0.0

    def log_message(self, *_: object) -> None:
        """Log nothing of its own."""

    def do_GET(self) -> None:
        """Answer the health check: not ready for the first few times."""
        Handler.health_checks += 1
        self._send(200 if Handler.health_checks > self.ready_after else 503, b"")

    def do_POST(self) -> None:
        """Answer a call."""
        Handler.posts += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.delay:
            time.sleep(self.delay)
        given = self.headers.get("Authorization", "nothing")
        print(f"worker {os.environ.get('BILLING_TCK_WORKER')} got {given}", file=sys.stderr, flush=True)
        if self.exit_after and Handler.posts > self.exit_after:
            os._exit(7)
        expected = os.environ.get("EXPECTED_TOKEN")
        if expected and given != f"Bearer {expected}":
            self._send(401, f"{given} is not valid".encode())
            return
        answer = json.loads(self.desk.answer(body))
        if json.loads(body)["method"] == "describe_implementation":
            answer["result"]["name"] = f"guarded by {given}"
        self._send(200, json.dumps(answer).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _note_start_and_end(folder: Path) -> None:
    name = f"{os.environ.get('BILLING_TCK_WORKER')} {os.getpid()}"
    (folder / f"{name} started").touch()

    def end(*_: object) -> None:
        (folder / f"{name} ended").touch()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)


def main() -> None:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls")
    parser.add_argument("--clients")
    parser.add_argument("--ready-after", type=int, default=0)
    parser.add_argument("--exit-after", type=int, default=0)
    parser.add_argument("--starts", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    args = parser.parse_args()
    if args.starts is not None:
        _note_start_and_end(args.starts)
    Handler.desk = RequestHandler(*served(readings={}, fault=None, late=None))
    Handler.delay = args.delay
    Handler.ready_after, Handler.exit_after = args.ready_after, args.exit_after
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    if args.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=args.clients)
        context.load_cert_chain(args.tls)
        context.verify_mode = ssl.CERT_REQUIRED if args.clients else ssl.CERT_NONE
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print("serving", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
