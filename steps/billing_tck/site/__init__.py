"""The specification as a static site: clauses, scenarios, open questions and verdicts as linked pages.

Content     catalogue, gherkin, history, implementations, links, sides, specification_diff
Pictures    pictures, beside, drawing
Pages       clause_pages, family_pages, guide_pages, index_pages, knob_pages, measured_pages, report_pages,
            scenario_pages, decision_page, difference_page
Rendering   frame, guide_files, prose
Writing     build, folder, manifest, search_index
"""
