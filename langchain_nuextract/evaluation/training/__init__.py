"""Training data: rows whose prompts are those of inference, byte for byte.

    written = export_training(gold, "2.0", "train", TrainingOptions(split=(0.8, 0.1, 0.1)))

One function writes the prompts of training and of inference, so that a model is trained on what it will be asked.
Must not know endpoints: nothing is sent here.
"""

from langchain_nuextract.evaluation.training.distil import distilled
from langchain_nuextract.evaluation.training.export import TrainingFiles, TrainingOptions, export_training
from langchain_nuextract.evaluation.training.rendering import Rendered, Renderer

__all__ = ["Rendered", "Renderer", "TrainingFiles", "TrainingOptions", "distilled", "export_training"]
