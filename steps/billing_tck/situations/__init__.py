"""The map of situations: what can be seen of an organization, and which calls lead from one situation to the next.

Describing  deadlines, facts, situation, labels, scene
Searching   alphabet, openings, search, map_file
Measuring   observer, coverage
Showing     listing, projections, diagram, mermaid, geometry, svg, outcome_table
"""
