"""What `ray.data.llm` does with rows, done by vLLM's Python: `offline_rows.py MODEL TEMPLATE IN OUT`.

The chat template with its arguments, then the engine with each row's sampling parameters; see
`langchain_nuextract.batch.engines.offline` for Ray's own stages.
"""

import json
import sys
from pathlib import Path

from transformers import AutoTokenizer
from vllm import LLM, SamplingParams
from vllm.sampling_params import StructuredOutputsParams


def sampling(given):
    structured = given.pop("structured_outputs", None)
    return SamplingParams(**given, structured_outputs=StructuredOutputsParams(**structured) if structured else None)


def main(model, template, source, result):
    tokenizer, engine = AutoTokenizer.from_pretrained(model), LLM(model, max_model_len=2048, enforce_eager=True)
    jinja, rows = Path(template).read_text(encoding="utf-8"), []
    for row in json.loads(Path(source).read_text(encoding="utf-8")):
        prompt = tokenizer.apply_chat_template(
            row["messages"],
            tokenize=False,
            chat_template=jinja,
            add_generation_prompt=True,
            **row["chat_template_kwargs"],
        )
        (output,) = engine.generate(prompt, sampling(row["sampling_params"]))
        written = output.outputs[0]
        rows.append(
            {
                **row,
                "prompt": prompt,
                "generated_text": written.text,
                "num_input_tokens": len(output.prompt_token_ids),
                "num_generated_tokens": len(written.token_ids),
                "__inference_error__": "",
            }
        )
    Path(result).write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
