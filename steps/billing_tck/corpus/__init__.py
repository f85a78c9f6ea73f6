"""The corpus: short histories that reach every transition of the map, and what an implementation answers to them.

Keeping    corpus_file, coverage, gherkin
Building   graph, recorder, walk, planner, reduction, building
Playing    play, execution, findings, openings
"""
