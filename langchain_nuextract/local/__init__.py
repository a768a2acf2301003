"""An endpoint on this machine, for trying things out: llama.cpp's server with a small model.

The small model makes the package usable without a GPU and without a server. It reads short English documents into
small schemas; for real quality name the GGUF file of a NuExtract model, or use a vLLM server.

Must not know what is asked of it: whoever has its address talks to it as to any server.
"""

from langchain_nuextract.local.endpoint import LocalEndpoint
from langchain_nuextract.local.weights import SMOLLM2, Weights, fetch

__all__ = ["SMOLLM2", "LocalEndpoint", "Weights", "fetch"]
