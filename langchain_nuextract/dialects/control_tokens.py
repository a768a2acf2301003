# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""The tokens by which models of one family are controlled: those that a document must not contain.

Sources: the `added_tokens` of the tokenizers, and the chat templates, of Qwen2.5-VL, Qwen3.5, Phi-3, Llama 2 to 4,
Gemma 1 to 4, Mistral (tokenizers 1 to 13), DeepSeek V2 to V3.1, gpt-oss (the Harmony format) and SmolLM2.
"""

from typing import Final

QWEN_ENDS: Final = ("<|im_end|>", "<|endoftext|>", "<|im_start|>")
QWEN_VISION: Final = (
    "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<|object_ref_start|>",
    "<|object_ref_end|>", "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>",
)  # fmt: skip
THINKING: Final = ("<think>", "</think>")
QWEN: Final = (
    *QWEN_ENDS, *QWEN_VISION, *THINKING, "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
    "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    "<|audio_start|>", "<|audio_end|>", "<|audio_pad|>", "<tts_pad>", "<tts_text_bos>", "<tts_text_eod>",
    "<tts_text_bos_single>",
)  # fmt: skip
PHI: Final = (
    "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>", "<|tool|>", "<|/tool|>", "<s>", "</s>",
    "<unk>", *(f"<|placeholder{number}|>" for number in range(1, 11)),
)  # fmt: skip
LLAMA: Final = (
    "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|python_tag|>", "<|finetune_right_pad_id|>", "<|step_id|>", "<|image|>", "<|header_start|>", "<|header_end|>",
    "<|eot|>", "<|eom|>", "<|step|>", "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>", "<|patch|>",
    "<|image_start|>", "<|image_end|>", "<|tile_x_separator|>", "<|tile_y_separator|>", "<<SYS>>", "<</SYS>>",
)  # fmt: skip
GEMMA: Final = (
    "<bos>", "<eos>", "<pad>", "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>",
    "<image_soft_token>", "<audio_soft_token>", "<start_of_audio>", "<end_of_audio>", "<|turn>", "<turn|>",
    "<|channel>", "<channel|>", "<|think|>", "<|tool>", "<tool|>", "<|tool_call>", "<tool_call|>",
    "<|tool_response>", "<tool_response|>", "<|image>", "<image|>", "<|audio>", "<audio|>",
)  # fmt: skip
MISTRAL: Final = (
    "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
    "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CONTENT]", "[CALL_ID]", "[ARGS]", "[THINK]",
    "[/THINK]", "[IMG]", "[IMG_BREAK]", "[IMG_END]", "[AUDIO]", "[BEGIN_AUDIO]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
    "[MODEL_SETTINGS]", "[/MODEL_SETTINGS]", "<s>", "</s>", "<unk>",
)  # fmt: skip
DEEPSEEK: Final = (
    "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>", "<｜User｜>", "<｜Assistant｜>", "<|EOT|>",
    "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁sep｜>", "<｜tool▁outputs▁begin｜>",
    "<｜tool▁outputs▁end｜>", "<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>",
)  # fmt: skip
HARMONY: Final = (
    "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>",
    "<|startoftext|>", "<|endofprompt|>",
)  # fmt: skip

ANY: Final = tuple(dict.fromkeys((*QWEN, *PHI, *LLAMA, *GEMMA, *MISTRAL, *DEEPSEEK, *HARMONY)))
"""Those of all families, for a dialect that any model may speak."""
