"""What a reading changes for customers: the shortest history for each kind of consequence, found on the map.

Searching   twin, facts, search
Saying      consequences, instants, wording
"""
