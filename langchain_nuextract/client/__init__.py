"""The wire: sending requests, retrying, errors, and reading the bodies of replies."""
