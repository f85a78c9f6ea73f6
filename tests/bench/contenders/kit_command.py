"""The command `billing-tck`, with the thirty phrases beside the kit's own."""

import sys

import kit_phrases
from billing_tck.cli import main

if __name__ == "__main__":
    assert kit_phrases
    sys.exit(main())
