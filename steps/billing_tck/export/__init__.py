"""Export notebooks: prose and pictures without code, as one page that opens anywhere, or as a PDF.

Reading  notebook, prose
Writing  page, pdf
"""
