"""What is read: from what users hold in their hands to a document without control marks.

Must not know schemas, models or what is asked; of LangChain it knows documents, blobs and messages.
"""
