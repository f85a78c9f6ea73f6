"""What a run found: verdicts, recorded calls, reports as data, known deviations, verification."""
