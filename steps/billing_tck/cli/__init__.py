"""The `billing-tck` command. One module per subcommand: `add_arguments` declares its options, `main` runs it."""
