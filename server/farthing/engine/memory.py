"""llama.cpp's context: computes tokens in sequences of cells, and moves the cells."""

import ctypes
from collections.abc import Sequence

import llama_cpp as native
import numpy as np

from farthing.engine.kv import BATCH
from farthing.engine.kv_room import SEQUENCES, Saved
from farthing.errors import EngineError

ABORTED = 2
"""What ``llama_decode`` returns when the abort callback stopped it."""


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


class NativeMemory:
    """A context of a loaded model, as :class:`farthing.engine.kv.Memory`. One thread computes.

    Args:
        model: of llama.cpp.
        n_ctx: cells.
        threads: compute threads.
        abort: stops :meth:`decode`.

    Raises:
        MemoryError: there is no room for it.
    """

    def __init__(self, model: object, n_ctx: int, threads: int, abort: AbortFlag) -> None:
        self._abort = abort  # kept alive: llama.cpp holds only its address
        self._model, self._threads = model, threads
        self._begin(n_ctx)
        self._vocab_size = native.llama_vocab_n_tokens(native.llama_model_get_vocab(model))
        self._batch = native.llama_batch_init(BATCH, 0, 1)
        # The state of a recurrent model says that it can be shifted, but it can't be cut or put together.
        recurrent = native.llama_model_is_recurrent(model) or native.llama_model_is_hybrid(model)
        self.can_shift = bool(native.llama_memory_can_shift(self._memory)) and not recurrent

    def _begin(self, n_ctx: int) -> None:
        self.context = native.llama_init_from_model(self._model, _params(n_ctx, self._threads, self._abort))
        if not self.context:
            raise MemoryError
        self._memory = native.llama_get_memory(self.context)
        self.size = int(native.llama_n_ctx(self.context))
        self._moved = False
        """Whether cells are to be moved with the next batch."""

    def exchange(self, n_ctx: int) -> int:
        """Begin again with so many cells, all of them empty. Where there is no room for them it stays as large as it
        was. Returns how many there are."""
        native.llama_free(self.context)
        before = self.size
        try:
            self._begin(n_ctx)
        except MemoryError:
            self._begin(before)
        return self.size

    def close(self) -> None:
        """Give the memory back."""
        native.llama_batch_free(self._batch)
        native.llama_free(self.context)

    def use_threads(self, decode: int, batch: int) -> None:
        """Compute with so many threads from now on: single tokens, and several at once."""
        native.llama_set_n_threads(self.context, decode, batch)

    def decode(self, sequence: int, tokens: Sequence[int], position: int, logits: int) -> bool:
        """See :class:`farthing.engine.kv.Memory`.

        Raises:
            EngineError: llama.cpp can't go on.
        """
        batch, count = self._batch, len(tokens)
        batch.n_tokens = count
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, position + i
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, sequence
            batch.logits[i] = i >= count - logits
        status = native.llama_decode(self.context, batch)
        if status == 0:
            self._moved = False
            return True
        self.remove(sequence, position, -1)
        if status == ABORTED:
            return False
        raise EngineError(f"llama.cpp could not evaluate the prompt (status {status})")

    def logits(self, back: int = 0) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
        """Logits of the last token that was computed with them, or of one before it. Valid until the next decode."""
        found = native.llama_get_logits_ith(self.context, -1 - back)
        return np.ctypeslib.as_array(found, shape=(self._vocab_size,))

    def remove(self, sequence: int, start: int, end: int) -> bool:
        """See :class:`farthing.engine.kv.Memory`."""
        return bool(native.llama_memory_seq_rm(self._memory, sequence, start, end))

    def copy(self, source: int, target: int, start: int, end: int) -> None:
        """See :class:`farthing.engine.kv.Memory`."""
        native.llama_memory_seq_cp(self._memory, source, target, start, end)

    def shift(self, sequence: int, start: int, end: int, by: int) -> None:
        """See :class:`farthing.engine.kv.Memory`."""
        if by:
            native.llama_memory_seq_add(self._memory, sequence, start, end, by)
            self._moved = True

    def save(self, sequence: int) -> Saved | None:
        """See :class:`farthing.engine.kv_room.Memory`."""
        if self._moved:
            return (
                None  # llama.cpp moves cells with the next batch, and would save them with places that they are not at
            )
        size = native.llama_state_seq_get_size(self.context, sequence)
        # Neither zeroed nor copied: of 86 MB each of the two takes as long as the saving itself.
        buffer = np.empty(size, np.uint8)
        written = native.llama_state_seq_get_data(self.context, _pointer(buffer), size, sequence)
        return buffer.data if written == size else None

    def load(self, sequence: int, cells: Saved) -> bool:
        """See :class:`farthing.engine.kv_room.Memory`."""
        buffer = np.frombuffer(cells, np.uint8)
        return bool(native.llama_state_seq_set_data(self.context, _pointer(buffer), len(buffer), sequence))


def _pointer(buffer: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> "ctypes.Array[ctypes.c_uint8]":
    return ctypes.cast(buffer.ctypes.data, ctypes.POINTER(ctypes.c_uint8))  # type: ignore[return-value]


def _params(n_ctx: int, threads: int, abort: AbortFlag) -> native.llama_context_params:
    params = native.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = n_ctx, BATCH, BATCH
    params.n_seq_max, params.kv_unified = SEQUENCES, True
    params.n_threads = params.n_threads_batch = threads
    # llama.cpp's flash attention on the CPU is slow for fewer than 64 tokens at once: behind 700 cells the 0.5B takes
    # 153 ms for 8 tokens and 261 ms for 16 with it, 79 and 114 ms without; for 256 tokens it is 12 % faster.
    params.flash_attn_type = native.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.abort_callback, params.abort_callback_data = abort.callback, abort.data
    params.no_perf = True
    return params
