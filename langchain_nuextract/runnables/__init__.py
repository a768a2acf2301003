"""What LangChain users hold: chat model, extractor, tool, transformer. Nothing below this room knows a `Runnable`.

Must not know commands, evaluation or Markdown, which are built upon it.

| part                    | modules                                                                                                                        |
|-------------------------|--------------------------------------------------------------------------------------------------------------------------------|
| `NuExtractor`           | `settings`, `extractor`; `base_extractor` (one document), `streaming_extractor`, `batch_extractor`, `tables`, `long_extractor` |
| what is made of one     | `mapped_extractor`, `include_raw`, `wrapped` (`with_retry` and the like), `configurable`, `tool`, `document_transformer`       |
| what asks for it        | `executor`, `long_executor`; `example_selection`; `callers` and, where nobody listens, `DirectCaller` of `api_model`           |
| `ChatNuExtract`         | `chat_model` (LangChain's methods), `api_model` (calls), `model_settings`, `model_lookup`, `response_format`                   |
| models of other classes | `any_model`, `openai_errors`                                                                                                   |
| metadata of documents   | `extracted_documents`, `extracted_metadata`, `flatten`, `pieces`, `retriever`                                                  |
| what listeners hear     | `callbacks`                                                                                                                    |
"""  # noqa: E501 a table

# Whoever imports the extractor gets the chat model too, which hands it its class.
from langchain_nuextract.runnables import chat_model as chat_model
