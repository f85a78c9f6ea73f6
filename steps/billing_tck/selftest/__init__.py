"""The kit's self-test: sound (no lawful reading fails) and complete (every fault is caught)."""
