"""The reports of a run: the terminal, and the files that it leaves."""
