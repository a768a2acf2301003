"""The models that an endpoint lists as those it serves."""

from dataclasses import dataclass
from typing import Final

from langchain_nuextract.errors import UnknownModel
from langchain_nuextract.paths import JSON, fields, integer, items, text

NAME_IT: Final = "Name one by model or NUEXTRACT_MODEL"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model in the endpoint's list."""

    id: str
    context: int | None = None
    """Tokens that prompt and answer may have together; None if the endpoint does not say."""
    parent: str = ""
    """The model that it adapts, as vLLM tells of a LoRA; empty if it is none."""
    root: str = ""
    """Where its weights are, as vLLM tells: a name on a hub, or a folder."""


def served_models(body: JSON) -> tuple[ServedModel, ...]:
    """Read the answer to `/models`: vLLM's `max_model_len`, `parent` and `root`, llama.cpp's `meta`, or bare names."""
    found: list[ServedModel] = []
    for model in map(fields, items(fields(body).get("data"))):
        meta = fields(model.get("meta"))
        sizes = map(integer, (model.get("max_model_len"), meta.get("n_ctx"), meta.get("n_ctx_train")))
        if model.get("id"):
            context = next(filter(None, sizes), None)
            found.append(ServedModel(str(model["id"]), context, text(model.get("parent")), text(model.get("root"))))
    return tuple(found)


def context_size(model: str, models: tuple[ServedModel, ...]) -> int | None:
    """Find how many tokens a model takes; a server of one model may call it by another name than ours."""
    by_name = {served.id: served.context for served in models}
    return by_name.get(model) or (models[0].context if len(models) == 1 else None)


def only_model(models: tuple[ServedModel, ...], url: str) -> str:
    """Give the one model of a list.

    Raises:
        UnknownModel: There are several, or none.
    """
    names = tuple(model.id for model in models)
    if len(names) == 1:
        return names[0]
    served = f"there are {', '.join(map(repr, names))}" if names else "the endpoint lists none"
    raise UnknownModel(url, None, f"no model is named, and {served}. {NAME_IT}.", model="", models=names)
