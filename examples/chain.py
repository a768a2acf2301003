"""A chain: a prompt for the document, the extractor, and a function of the object."""

from langchain_core.prompts import PromptTemplate
from pydantic import BaseModel
from quickstart import endpoint

from langchain_nuextract import NuExtractor


class Order(BaseModel):
    customer: str
    article: str
    quantity: int


MAILS = [
    {"sender": "the workshop", "text": "Article: desk lamp\nQuantity: 3"},
    {"sender": "the front office", "text": "Article: box of paper\nQuantity: 12"},
]


def line(order: Order) -> str:
    """What the store room wants to read."""
    return f"{order.quantity} x {order.article}, for {order.customer}"


def main() -> None:
    with endpoint() as settings:
        extract = NuExtractor(Order, **settings)
        chain = PromptTemplate.from_template("Customer: {sender}\n{text}") | extract | line
        for ordered in chain.batch(MAILS):
            print(ordered)


if __name__ == "__main__":
    main()
