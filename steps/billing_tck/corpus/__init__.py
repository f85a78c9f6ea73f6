"""The corpus: short histories that reach every transition of the map, and what an implementation answers to them.

Keeping    corpus_file
Building   graph, recorder, walk, planner
"""
