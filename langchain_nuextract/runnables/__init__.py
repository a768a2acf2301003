"""What LangChain users hold: chat model, extractor, tool, transformer. Nothing below this room knows a `Runnable`.

Must not know commands, evaluation or Markdown, which are built upon it.
"""

# Whoever imports the extractor gets the chat model too, which hands it its class.
from langchain_nuextract.runnables import chat_model as chat_model
