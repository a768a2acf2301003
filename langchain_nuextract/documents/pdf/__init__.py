"""PDFs by pdfium: pages opened and rendered under one lock, their text with a box for each character."""
