"""The specification as a static site: clauses, scenarios, open questions and verdicts as linked pages.

Content     catalogue, drawing, gherkin, history, implementations, links, pictures
Pages       clause_pages, family_pages, index_pages, knob_pages, report_pages, scenario_pages
Rendering   frame, prose
Writing     build, folder, manifest, search_index
"""
