"""Render a chat template as vLLM does, for messages with images, which a text model's server refuses.

    python render.py TEMPLATE < {"messages": …, "kwargs": …}

Runs in the server's own environment, which has Jinja.
"""

import json
import sys
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment

template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(
    Path(sys.argv[1]).read_text(encoding="utf-8")
)
asked = json.load(sys.stdin)
sys.stdout.write(template.render(messages=asked["messages"], add_generation_prompt=True, **asked["kwargs"]))
