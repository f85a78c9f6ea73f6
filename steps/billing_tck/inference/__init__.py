"""Which readings an implementation follows, found out by short histories that tell values apart.

Histories   actions, histories, player
Deciding    relevance, candidates, infer
Showing     wording
"""
