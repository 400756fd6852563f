"""A whole GGUF model of half a megabyte with random weights, which llama.cpp loads, runs and requantises."""

import random
import struct
from pathlib import Path

_WIDTH, _FEED, _HEADS, _CONTEXT, _VOCAB = 64, 128, 2, 1024, 260
_ALIGNMENT = 32
_U32, _F32, _STRING, _ARRAY = 4, 6, 8, 9

_Value = tuple[int, object]


def write(path: Path) -> Path:
    """Write the model."""
    tensors = _tensors()
    header = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(_metadata()))]
    header += [_string(key) + _value(*value) for key, value in _metadata().items()]
    offset, random_weights = 0, random.Random(1)
    data = []
    for name, shape in tensors.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        header.append(_string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset))
        data.append(struct.pack(f"<{count}f", *(random_weights.gauss(0, 0.05) for _ in range(count))))
        offset += len(data[-1])
    head = b"".join(header)
    path.write_bytes(head + bytes(-len(head) % _ALIGNMENT) + b"".join(data))
    return path


def _tensors() -> dict[str, tuple[int, ...]]:
    block = {
        "attn_norm": (_WIDTH,),
        "attn_q": (_WIDTH, _WIDTH),
        "attn_k": (_WIDTH, _WIDTH),
        "attn_v": (_WIDTH, _WIDTH),
        "attn_output": (_WIDTH, _WIDTH),
        "ffn_norm": (_WIDTH,),
        "ffn_gate": (_WIDTH, _FEED),
        "ffn_up": (_WIDTH, _FEED),
        "ffn_down": (_FEED, _WIDTH),
    }
    return {
        "token_embd.weight": (_WIDTH, _VOCAB),
        "output_norm.weight": (_WIDTH,),
        "output.weight": (_WIDTH, _VOCAB),
        **{f"blk.0.{name}.weight": shape for name, shape in block.items()},
    }


def _metadata() -> dict[str, _Value]:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    kinds = [2, 3, 3, *([6] * 256), 1]  # unknown, control, byte, normal
    return {
        "general.architecture": (_STRING, "llama"),
        "llama.context_length": (_U32, _CONTEXT),
        "llama.embedding_length": (_U32, _WIDTH),
        "llama.block_count": (_U32, 1),
        "llama.feed_forward_length": (_U32, _FEED),
        "llama.attention.head_count": (_U32, _HEADS),
        "llama.attention.layer_norm_rms_epsilon": (_F32, 1e-5),
        "llama.rope.dimension_count": (_U32, _WIDTH // _HEADS),
        "tokenizer.ggml.model": (_STRING, "llama"),
        "tokenizer.ggml.tokens": (_ARRAY, (_STRING, tokens)),
        "tokenizer.ggml.scores": (_ARRAY, (_F32, [0.0] * _VOCAB)),
        "tokenizer.ggml.token_type": (_ARRAY, (5, kinds)),
    }


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind: int, value: object) -> bytes:
    if kind == _ARRAY:
        assert isinstance(value, tuple)
        inner, items = value
        head = struct.pack("<IIQ", kind, inner, len(items))
        return head + b"".join(_plain(inner, item) for item in items)
    return struct.pack("<I", kind) + _plain(kind, value)


def _plain(kind: int, value: object) -> bytes:
    return _string(str(value)) if kind == _STRING else struct.pack({_U32: "<I", 5: "<i", _F32: "<f"}[kind], value)
