"""PDFs by pdfium: pages opened and rendered under one lock, their text with a box for each character.

Must not know other kinds of files, nor models.
"""
