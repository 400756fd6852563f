"""The binding to llama.cpp: a model, its vocabulary, and one context whose KV cache is ours to manage.

Only the low-level API of llama-cpp-python is used. Its ``Llama`` class hides the KV cache, and its completion helper
writes wrong marker ids into FIM prompts. Nothing in this module is thread-safe: one thread computes.
"""

import collections
import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

import llama_cpp as native
import numpy as np

from farthing.engine.fim import NAMES_BY_FAMILY, FimTokens
from farthing.engine.healing import Vocabulary
from farthing.errors import Cancelled, EngineError, ModelUnusable

BATCH = 512
"""Tokens that one call of ``llama_decode`` takes at most."""

_log: collections.deque[str] = collections.deque(maxlen=50)


def _keep_log(_level: int, text: bytes, _data: object) -> None:
    _log.append(text.decode(errors="replace"))


_native_log = native.llama_log_callback(_keep_log)  # kept alive: llama.cpp holds only its address


class AbortFlag:
    """Stops a running ``llama_decode`` between two nodes of its graph (CPU and Metal; llama.cpp#10571 for others).

    llama.cpp asks a C callback ``bool f(void *data)`` some hundred times for each batch. A Python function would need
    the GIL every time, and would wait for it while another thread is busy. libc's ``strlen`` has the right shape: it
    is 0 for an empty buffer and 1 for a buffer that holds one character, so raising the flag is one byte written.
    """

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(2)
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value
        assert strlen is not None
        self.callback = native.ggml_abort_callback(strlen)
        self.data = ctypes.cast(self._buffer, ctypes.c_void_p)

    def raise_(self) -> None:
        """Make the running decode return, and every later one until :meth:`lower`."""
        self._buffer[0] = b"\1"

    def lower(self) -> None:
        """Let work go on."""
        self._buffer[0] = b"\0"

    @property
    def raised(self) -> bool:
        """Whether work is to stop."""
        return bool(self._buffer[0] != b"\0")


def physical_cores() -> int:
    """Cores that this process may use, hyper-threads not counted: llama.cpp gains nothing from those."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        doubled = Path("/sys/devices/system/cpu/smt/active").read_text().strip() == "1"
    except OSError:
        doubled = False
    return max(1, usable // 2 if doubled else usable)


class Runtime:
    """A loaded model with its context.

    Args:
        path: GGUF file.
        n_ctx: tokens of the context window.
        threads: compute threads.
        abort: the flag that stops :meth:`evaluate`.

    Raises:
        ModelUnusable: llama.cpp can't load the file.
    """

    def __init__(self, path: Path, n_ctx: int, threads: int, abort: AbortFlag) -> None:
        native.llama_log_set(_native_log, ctypes.c_void_p(0))
        native.llama_backend_init()
        _log.clear()
        self._abort = abort
        self._model = native.llama_model_load_from_file(os.fsencode(path), _model_params())
        if not self._model:
            raise ModelUnusable(
                f"{path.name} is no model that the engine can load ({_last_error()})",
                "Run `farthing models verify`, or choose another one with `farthing models use`",
            )
        self._context = native.llama_init_from_model(self._model, self._context_params(n_ctx, threads))
        if not self._context:
            native.llama_model_free(self._model)
            raise ModelUnusable(
                f"there is no room for the context of {path.name} ({_last_error()})",
                "Lower farthing.engine.contextTokens, or choose a smaller model",
            )
        self._memory = native.llama_get_memory(self._context)
        self._vocab = native.llama_model_get_vocab(self._model)
        self._vocab_size = native.llama_vocab_n_tokens(self._vocab)
        self._batch = native.llama_batch_init(BATCH, 0, 1)
        self._cells: list[int] = []
        self._vocabulary: Vocabulary | None = None
        self.n_ctx = native.llama_n_ctx(self._context)
        bos = native.llama_vocab_bos(self._vocab)
        self.bos = bos if native.llama_vocab_get_add_bos(self._vocab) and bos >= 0 else None
        self.fim = self._find_fim()

    def _context_params(self, n_ctx: int, threads: int) -> native.llama_context_params:
        params = native.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = n_ctx, BATCH, BATCH
        params.n_threads = params.n_threads_batch = threads
        params.abort_callback, params.abort_callback_data = self._abort.callback, self._abort.data
        params.no_perf = True
        return params

    def _find_fim(self) -> FimTokens | None:
        prefix, suffix, middle = (
            int(find(self._vocab))
            for find in (native.llama_vocab_fim_pre, native.llama_vocab_fim_suf, native.llama_vocab_fim_mid)
        )
        if min(prefix, suffix, middle) >= 0:
            return FimTokens(prefix, suffix, middle)
        for names in NAMES_BY_FAMILY:
            found = [self.tokenize(name, special=True) for name in names]
            if len(found[0]) == len(found[1]) == 1:
                if len(found[2]) == 1:
                    return FimTokens(found[0][0], found[1][0], found[2][0])
                return FimTokens(found[0][0], found[1][0], found[0][0], suffix_first=True)
        return None

    def close(self) -> None:
        """Give the memory back."""
        native.llama_batch_free(self._batch)
        native.llama_free(self._context)
        native.llama_model_free(self._model)

    def tokenize(self, text: str, special: bool = False) -> list[int]:
        """Tokens of a text; markers spelled out in it are plain text unless ``special``."""
        data = text.encode(errors="replace")
        room = len(data) + 8
        for _ in range(2):
            buffer = (native.llama_token * room)()
            count = native.llama_tokenize(self._vocab, data, len(data), buffer, room, False, special)
            if count >= 0:
                break
            room = -count  # a vocabulary without the space's own token needs more tokens than bytes
        if count < 0:
            raise EngineError("the model's tokenizer failed on this text")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of a token; may be a part of a code point."""
        buffer = ctypes.create_string_buffer(256)
        count = native.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, count)]

    def ends(self, token: int) -> bool:
        """Whether generation ends here: end of text, or any marker, which is never part of an answer."""
        return bool(native.llama_vocab_is_eog(self._vocab, token) or native.llama_vocab_is_control(self._vocab, token))

    def prefill(self, prompt: Sequence[int]) -> int:
        """Bring the KV cache to exactly ``prompt``, of which the longest part already there is kept.

        Returns:
            Tokens that were there already.

        Raises:
            Cancelled: the abort flag was raised; what was evaluated stays in the cache.
        """
        kept = 0
        for ours, wanted in zip(self._cells, prompt, strict=False):
            if ours != wanted:
                break
            kept += 1
        kept = min(kept, len(prompt) - 1)  # the last one is evaluated again: its logits are needed
        self._truncate(kept)
        kept = len(self._cells)
        self.evaluate(prompt[kept:])
        return kept

    def evaluate(self, tokens: Sequence[int]) -> None:
        """Append tokens to the KV cache; the last one's logits can be read afterwards.

        Raises:
            Cancelled: the abort flag was raised; what was evaluated stays in the cache.
            EngineError: llama.cpp can't go on.
        """
        for start in range(0, len(tokens), BATCH):
            chunk = tokens[start : start + BATCH]
            position = len(self._cells)
            self._batch.n_tokens = len(chunk)
            for i, token in enumerate(chunk):
                self._batch.token[i], self._batch.pos[i] = token, position + i
                self._batch.n_seq_id[i], self._batch.seq_id[i][0] = 1, 0
                self._batch.logits[i] = start + i == len(tokens) - 1
            status = native.llama_decode(self._context, self._batch)
            if status == 0:
                self._cells.extend(chunk)
                continue
            self._truncate(position)
            if status == 2:
                raise Cancelled("the work was given up")
            raise EngineError(f"llama.cpp could not evaluate the prompt (status {status})")

    def _truncate(self, length: int) -> None:
        """Keep the first ``length`` cells; none where the model's memory can't be cut in the middle."""
        if not native.llama_memory_seq_rm(self._memory, 0, length, -1):
            native.llama_memory_clear(self._memory, True)
            length = 0
        del self._cells[length:]

    def most_likely(self, required: bytes = b"") -> int:
        """The token with the highest logit after the last evaluated one.

        Args:
            required: only tokens that start with these bytes, or spell a first part of them, are taken.
        """
        logits = np.ctypeslib.as_array(native.llama_get_logits_ith(self._context, -1), shape=(self._vocab_size,))
        if required:
            if self._vocabulary is None:
                self._vocabulary = Vocabulary(self._vocab_size, self.piece)
            if fitting := self._vocabulary.fitting(required):
                return int(fitting[int(logits[np.asarray(fitting)].argmax())])
        return int(logits.argmax())


def _model_params() -> native.llama_model_params:
    params = native.llama_model_default_params()
    # Weights stay as they are in the file, mapped and shared. Repacked copies cost the model's size in memory once
    # more, do nothing for the q5_0 tensors of the default model, and take the AMX path where the processor claims to
    # have AMX, which dies of SIGSEGV in virtual machines that do not let a process use the tiles (seen: `ldtilecfg`).
    params.use_extra_bufts = False
    return params


def _last_error() -> str:
    lines = [line.strip() for line in "".join(_log).splitlines()]
    errors = [line for line in lines if "error" in line.lower()]
    # The first error names the cause; those that follow only say that loading failed.
    return (errors or lines or ["no reason was given"])[0].removeprefix("llama_model_load: ")
