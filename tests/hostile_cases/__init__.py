"""What an implementation, a file or an operator may do to the kit, as a table of cases: `make hostile` runs them."""
