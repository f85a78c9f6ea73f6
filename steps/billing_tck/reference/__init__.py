"""The kit's own implementations: the reference, its faults, the oracle. The only importer of `billing_reference`."""
