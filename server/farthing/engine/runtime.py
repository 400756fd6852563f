"""A loaded model: its vocabulary, and a context whose KV cache is ours to manage.

Only the low-level API of llama-cpp-python is used. Its ``Llama`` class hides the KV cache, and its completion helper
writes wrong marker ids into FIM prompts. Nothing in this module is thread-safe: one thread computes.
"""

import collections
import ctypes
import math
import os
from collections.abc import Sequence
from pathlib import Path

import llama_cpp as native
import numpy as np

from farthing import paths
from farthing.engine.fim import NAMES_BY_FAMILY, FimTokens
from farthing.engine.healing import Vocabulary
from farthing.engine.kv import KvCache, Work
from farthing.engine.kv_files import KvFiles
from farthing.engine.memory import AbortFlag, NativeMemory
from farthing.engine.template import CHATML, CHATML_MARKS, markup
from farthing.engine.threads import Others, ThreadFile, Threads, candidates, measure, physical_cores, usable_cores
from farthing.errors import EngineError, ModelUnusable

CHAT_TOKENS = 16_384
"""To so many tokens the context grows for a conversation that needs them, if it is not larger anyway. They take the
1.5B 460 MB."""

STEP = 4096
"""Tokens by which it grows."""

_log: collections.deque[str] = collections.deque(maxlen=50)


def _keep_log(_level: int, text: bytes, _data: object) -> None:
    _log.append(text.decode(errors="replace"))


_native_log = native.llama_log_callback(_keep_log)  # kept alive: llama.cpp holds only its address


class Runtime:
    """A loaded model with its context.

    Args:
        path: GGUF file.
        n_ctx: tokens of the context window.
        threads: compute threads; 0 for those that were measured, and until then one per physical core.
        abort: stops what is being computed.

    Raises:
        ModelUnusable: llama.cpp can't load the file.
    """

    def __init__(self, path: Path, n_ctx: int, threads: int, abort: AbortFlag) -> None:
        native.llama_log_set(_native_log, ctypes.c_void_p(0))
        native.llama_backend_init()
        _log.clear()
        self._name = path.name
        self._model = native.llama_model_load_from_file(os.fsencode(path), _model_params())
        if not self._model:
            raise ModelUnusable(
                f"{path.name} is no model that the engine can load ({_last_error()})",
                "Run `farthing models verify`, or choose another one with `farthing models use`",
            )
        try:
            self.memory = NativeMemory(self._model, n_ctx, threads or physical_cores(), abort)
        except MemoryError as exc:
            native.llama_model_free(self._model)
            raise ModelUnusable(
                f"there is no room for the context of {path.name} ({_last_error()})",
                "Lower farthing.engine.contextTokens, or choose a smaller model",
            ) from exc
        self.cache = KvCache(self.memory, self.memory.size)
        self.n_ctx = self.memory.size
        """Tokens of the context, as they were asked for."""
        folder = paths.cache_dir() / "engine"
        self._files = KvFiles(folder, path, self.memory, self.n_ctx)
        self.cache.restore = self._files.load
        self._vocab = native.llama_model_get_vocab(self._model)
        self._vocab_size = native.llama_vocab_n_tokens(self._vocab)
        # Half a second for 150,000 tokens: here, as nobody types yet.
        self._vocabulary = Vocabulary(self._vocab_size, self.piece)
        bos = native.llama_vocab_bos(self._vocab)
        self.bos = bos if native.llama_vocab_get_add_bos(self._vocab) and bos >= 0 else None
        self.fim = self._find_fim()
        self.threads = Threads(threads or physical_cores(), threads or physical_cores())
        self._thread_file = None if threads else ThreadFile(folder / "threads.json", path)
        self._tuned_for = usable_cores()
        if self._thread_file is not None and (known := self._thread_file.load(self._tuned_for)):
            self._use(known)

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

    def close(self, keep: bool = True) -> None:
        """Give the memory back.

        Args:
            keep: what was read of the last documents, for the next engine.
        """
        if keep:
            self._files.save(self.cache.saved())
        self.memory.close()
        native.llama_model_free(self._model)

    def make_room(self, wanted: int) -> int:
        """See that a conversation can have so many cells, as far as the model and the machine allow; returns how many
        it can have. Completions keep to :attr:`n_ctx`."""
        most = max(self.n_ctx, min(CHAT_TOKENS, native.llama_model_n_ctx_train(self._model)))
        if self.memory.size < min(wanted, most):
            size = min(most, -(-wanted // STEP) * STEP)
            self.cache.exchange(lambda: self.memory.exchange(size))
            self._use(self.threads)
        return self.memory.size

    def tune(self) -> Work:
        """Measure with how many threads it computes fastest, where that is not known for the cores of now. Ends
        without a result when it is stopped, or other processes disturb it."""
        cores = usable_cores()
        if self._thread_file is None or (self.threads.measured and cores == self._tuned_for):
            return
        found = self._thread_file.load(cores)
        if found is None:
            others = Others()

            def compute(threads: int, size: int) -> bool:
                self.memory.use_threads(threads, threads)
                return self.cache.compute_aside(size) and not others.disturb

            try:
                found = yield from measure(compute, candidates(cores))
            finally:
                self._use(self.threads)
            if found is None:
                return
            self._thread_file.save(cores, found)
        self._tuned_for = cores
        self._use(found)

    def _use(self, threads: Threads) -> None:
        self.threads = threads
        self.memory.use_threads(threads.decode, threads.batch)

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

    def markup(self, roles: Sequence[str]) -> tuple[str, ...]:
        """What stands before, between and behind the messages of a conversation, and opens the answer at its end.

        Raises:
            ModelUnusable: nobody knows how this model converses.
        """
        template = native.llama_model_chat_template(self._model, None)
        found = markup(template, roles) if template else None
        if found is None and all(len(self.tokenize(mark, special=True)) == 1 for mark in CHATML_MARKS):
            found = markup(CHATML, roles)
        if found is None:
            raise ModelUnusable(
                f"{self._name} has no chat template that the engine knows, so it can't answer",
                "Choose another model with `farthing models use ID`, such as qwen2.5-coder-1.5b",
            )
        return found

    def piece(self, token: int) -> bytes:
        """The bytes of a token; may be a part of a code point."""
        buffer = ctypes.create_string_buffer(256)
        count = native.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, count)]

    def ends(self, token: int) -> bool:
        """Whether generation ends here: end of text, or any marker, which is never part of an answer."""
        return bool(native.llama_vocab_is_eog(self._vocab, token) or native.llama_vocab_is_control(self._vocab, token))

    def choose(self, back: int = 0, required: bytes = b"") -> tuple[int, float]:
        """The most likely token after the last one that was computed, or after one before it.

        Args:
            back: so many tokens before the last.
            required: only tokens that start with these bytes, or spell a first part of them, are taken.

        Returns:
            The token, and the logarithm of its probability; of what is required, 0.
        """
        logits = self.memory.logits(back)
        if required and (fitting := self._vocabulary.fitting(required)):
            return int(fitting[int(logits[np.asarray(fitting)].argmax())]), 0.0
        token = int(logits.argmax())
        return token, -math.log(float(np.exp(logits - logits[token]).sum()))

    def others(self, count: int, back: int = 0, required: bytes = b"") -> list[tuple[int, float]]:
        """The tokens that come next in likelihood after the one that :meth:`choose` takes, those that end an answer
        left out, and by how much the logit of each is lower.

        Args:
            count: so many at most.
            back: as for :meth:`choose`, and ``required`` too.
        """
        logits = self.memory.logits(back)
        if required and (fitting := self._vocabulary.fitting(required)):
            found = np.asarray(fitting)
        else:
            found = np.argpartition(logits, -count - 1)[-count - 1 :]
        found = found[np.argsort(-logits[found])][: count + 1]
        first = float(logits[found[0]])
        return [(int(token), first - float(logits[token])) for token in found[1:] if not self.ends(int(token))]


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
