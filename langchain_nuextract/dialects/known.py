"""All dialects there are, each with the file that holds it."""

from typing import Final

from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.dialects.instruct import EMBEDDED, INSTRUCT
from langchain_nuextract.dialects.nuextract1 import NUEXTRACT_1_0, NUEXTRACT_1_5
from langchain_nuextract.dialects.nuextract2 import NUEXTRACT_2_0, NUEXTRACT_2_0_INLINE
from langchain_nuextract.dialects.nuextract3 import NUEXTRACT_3_0, NUEXTRACT_3_INLINE
from langchain_nuextract.dialects.readerlm import READER_LM_2_JSON

DIALECTS: Final[tuple[Dialect, ...]] = (
    NUEXTRACT_3_0,
    NUEXTRACT_2_0,
    NUEXTRACT_1_5,
    NUEXTRACT_1_0,
    NUEXTRACT_3_INLINE,
    NUEXTRACT_2_0_INLINE,
    INSTRUCT,
    EMBEDDED,
    READER_LM_2_JSON,
)
"""All dialects, the newest first."""

TEMPLATE_MARKS: Final = tuple(dict.fromkeys((*NUEXTRACT_3_0.marks, *NUEXTRACT_2_0.marks)))
"""The control marks of all generations whose template the server writes into the prompt."""
