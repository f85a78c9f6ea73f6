"""The command `billing-tck`, with the thirty phrases beside the kit's own."""

import sys

from kit_phrases import define

from billing_tck.cli.entry import main
from billing_tck.steps.registry import VOCABULARY

if __name__ == "__main__":
    define(VOCABULARY)
    sys.exit(main())
