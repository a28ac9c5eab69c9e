"""What is printed of a document: sheets, the whole of it, and the pack for county counsel; as HTML and as PDF.

`paper.py` says what a paper is made of; `sheet.py`, `memorandum.py` and `counsel.py` make one of a document;
`html.py` and `pdf.py` put any paper on a page, so that the two say the same.
"""
