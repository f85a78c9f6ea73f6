"""The commands of `billing-tck`, a module for each: `add_arguments` says what it takes, `main` does it."""
