"""The explorer: random lawful histories against an implementation, beside the reference on the same clock.

history    what is done, by labels instead of identifiers, so that parts can be taken out
play       one history against an implementation, every answer judged as it comes
judge      an answer beside the reference's: what differs, where the rules leave nothing open
untested   what the documents leave open without a knob: no history goes there
readings   which values of undeclared knobs would explain a difference
generate   the next thing to do, near deadlines, thresholds and month ends
shrink     the shortest history that still differs
clauses    which clauses a difference speaks of
gherkin    a history as a scenario in the kit's vocabulary
explore    many histories, in chunks that an executor may run
trace      a recorded history, judged line by line
"""
