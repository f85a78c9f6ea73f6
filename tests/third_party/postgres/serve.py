"""Serve on a port, with the database of the kit's worker: serve.py PORT DATABASE…"""

import os
import sys
from pathlib import Path

import uvicorn


def main(port: str, *databases: str) -> None:
    """Run the server; the kit says in BILLING_TCK_WORKER which worker starts it."""
    worker = int(os.environ.get("BILLING_TCK_WORKER", "1"))
    os.environ["BILLING_DATABASE"] = databases[(worker - 1) % len(databases)]
    here = str(Path(__file__).parent)
    uvicorn.run("billing.app:create_app", factory=True, app_dir=here, port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
