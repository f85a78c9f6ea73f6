"""`python -m billing_tck` is the command `billing-tck`."""

import sys

from billing_tck.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
