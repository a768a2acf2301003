"""One step of training with TRL, in an environment of its own: what it learns from is said as JSON.

python step.py ROWS MODEL OUT
"""

import json
import sys

import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer


def main(rows, model, out):
    dataset = load_dataset("json", data_files=rows, split="train")
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    settings = SFTConfig(
        output_dir=out, max_steps=1, per_device_train_batch_size=2, max_length=None, use_cpu=True, report_to="none",
        save_strategy="no", bf16=False, fp16=False, logging_steps=1,
    )  # fmt: skip
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        args=settings,
        train_dataset=dataset,
        processing_class=tokenizer,
    )
    batch = next(iter(trainer.get_train_dataloader()))
    learnt = [
        tokenizer.decode([token for token, label in zip(tokens, labels, strict=True) if label != -100])
        for tokens, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True)
    ]
    given = [
        tokenizer.decode([token for token, kept in zip(tokens, mask, strict=True) if kept])
        for tokens, mask in zip(batch["input_ids"].tolist(), batch["attention_mask"].tolist(), strict=True)
    ]
    loss = trainer.train().training_loss
    print(json.dumps({"columns": dataset.column_names, "learnt": learnt, "given": given, "loss": loss}))  # noqa: T201 it is read by the test


if __name__ == "__main__":
    main(*sys.argv[1:])
