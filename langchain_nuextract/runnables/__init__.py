"""What LangChain users hold: chat model, extractor, tool, transformer. Nothing below this room knows a `Runnable`."""
