"""Long documents: split into chunks, each extracted on its own, and merged by where records stand.

Holds the splitter, what is carried into each chunk, the merge, the search for stretches without a record, and the
flow that strings them together. It does no I/O, and must not know LangChain: what is sent, and what counts tokens, is
for the runnables to say.
"""
