"""Which numbers of a text show how it writes its amounts."""

import pytest

from langchain_nuextract.scalars.locale import Mark, conventions_of


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("Summe: 12,50", ","), ("EUR 3.5 in all", "."), ("1.250,00, version 3.10", ","), ("19,0 % of it", ","),
        ("2,5 kg", ","), ("$ 7.5", "."), ("Price 12.50", "."), ("Total: 12.50\nTax: 1.20", "."), ("1 234,5", ","),
        ("Widget | 2 | 12.50 | 25.00", "."), ("12.50", "."), ("1'234.50", "."),
    ],
)  # fmt: skip
def test_amounts_show_the_decimal_mark(text: str, decimal: Mark):
    assert conventions_of(text).decimal == decimal


@pytest.mark.parametrize(
    "text",
    [
        "MIME-Version: 1.0", "v2.10 of the tool", "Version 3.12", "Section 3.10 applies", "3.10 Terms of payment",
        "§ 5.12", "at 10.30 Uhr", "Ubuntu 24.04 is used", "192.168.10.20", "12.03.2024", "HTTP/1.10", "1.100",
        "Figure 2.15: the plan", "ISO 9.12", "PY-3.12", "1.1", "3.14159",
    ],
)  # fmt: skip
def test_what_is_no_amount_shows_nothing(text: str):
    assert conventions_of(text).decimal is None
