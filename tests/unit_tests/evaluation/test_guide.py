"""The guide's Python blocks run, one after another, and print what it says they print."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "evaluation.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n+^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)


def test_the_guide_does_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "guide"}
    blocks = BLOCK.findall(GUIDE.read_text("utf-8"))
    assert len(blocks) == 4
    for code, printed in blocks:
        output = io.StringIO()
        with redirect_stdout(output):
            exec(compile(code, GUIDE, "exec"), namespace)
        assert output.getvalue() == printed
