"""`python -m billing_tck` is the command `billing-tck`."""

import sys

from billing_tck.cli.main import main

sys.exit(main())
