"""Label Studio: a form out of a schema, tasks with pre-annotations, and what people said back as a gold.

    config = label_config(Invoice)                       # paste it into a project, or `push` it
    tasks = [task("a.txt", details, Invoice) for …]       # least sure first, so that people correct instead of type
    gold = Gold.from_label_studio("export.json", Invoice)

Only the JSON export is read: its other formats lose which box has which text, and overwrite ids. The server checks
neither annotations nor predictions, so they are checked here before they are sent.

Must not know models, nor how a gold is compared with what they say.
"""

from langchain_nuextract.evaluation.label_studio.api import LabelStudio
from langchain_nuextract.evaluation.label_studio.config import Config, label_config
from langchain_nuextract.evaluation.label_studio.export import Export, read_export
from langchain_nuextract.evaluation.label_studio.pictures import Picture, pictures
from langchain_nuextract.evaluation.label_studio.tasks import check_tasks, least_sure_first, predicted_task, task

__all__ = [
    "Config",
    "Export",
    "LabelStudio",
    "Picture",
    "check_tasks",
    "label_config",
    "least_sure_first",
    "pictures",
    "predicted_task",
    "read_export",
    "task",
]
