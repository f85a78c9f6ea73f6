"""The explorer: play random lawful histories against an implementation and compare it with the reference.

Generating  profiles, opening, proposals, draft, generator
Playing     history, runner, chunks, campaign, shrink
Comparing   mirror (the reference in step), notes, observation, tolerance, exclusions, comparator, difference
Explaining  inference (undeclared readings), attribution (clauses), contract_sentences, wording, counterexample
Writing     scenario_names, scenario_commands, scenario_steps, scenario_checks, scenario_writer, scenario_search
Recorded    recorded_history, history_check
"""
