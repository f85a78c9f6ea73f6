"""Golden files: the texts that people see most, compared as a whole. `make golden` regenerates them."""
