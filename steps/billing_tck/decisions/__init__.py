"""What is decided of the open questions: beside what each choice does to customers, and what an implementation does.

Gathering  overview
Showing    text, markdown, page
"""
