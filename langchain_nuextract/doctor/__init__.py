"""What kind of endpoint stands at an address, whether template, document and image reach its model, and what to change.

Knows everything that is sent and read. Must not know the commands that print what it finds.

    for finding in examine("http://localhost:8000/v1"):
        print(finding)
"""

from langchain_nuextract.doctor.finding import Finding
from langchain_nuextract.doctor.own_schema import OwnSchema
from langchain_nuextract.doctor.visit import examine

__all__ = ["Finding", "OwnSchema", "examine"]
