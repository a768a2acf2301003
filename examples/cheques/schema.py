"""What is wanted of a cheque."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from langchain_nuextract.evaluation import Compare


class Cheque(BaseModel):
    amount: float | None = Field(None, description="the amount in figures")
    amount_in_words: Annotated[str | None, Compare("levenshtein", threshold=0.9)] = None
    currency: Literal["EUR", "CHF", "GBP"] | None = None
    date: dt.date | None = None
    payee: str | None = None
    place: str | None = None
    signed: bool | None = None
