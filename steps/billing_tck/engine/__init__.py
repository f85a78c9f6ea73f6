"""Run scenarios against an implementation, one after another or in parallel."""
