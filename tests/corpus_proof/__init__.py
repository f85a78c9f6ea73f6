"""What is claimed of the corpus: that it is fair under every reading, and which faults of the catalogue it finds."""
