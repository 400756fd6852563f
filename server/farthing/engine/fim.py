"""Fill-in-the-middle prompts as lists of tokens.

llama-cpp-python's own helper hard-codes the marker ids to 0, so prompts are built here from ids that were read out of
the model's metadata or vocabulary. User text is always tokenised with specials off: source that contains a marker's
spelling is plain text to the model and can't inject one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from farthing.engine.kv_plan import Prompt


@dataclass(frozen=True)
class FimTokens:
    """The markers of a model that was trained to fill in the middle."""

    prefix: int
    suffix: int
    middle: int
    suffix_first: bool = False
    """The family wants suffix-prefix-middle (Codestral); all others prefix-suffix-middle."""


NAMES_BY_FAMILY: tuple[tuple[str, str, str], ...] = (
    ("[PREFIX]", "[SUFFIX]", "[MIDDLE]"),  # Codestral; llama.cpp does not look for these
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),  # StarCoder, SantaCoder, Granite, Refact
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),  # Qwen2.5-Coder, CodeGemma, Yi-Coder
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # DeepSeek-Coder  # noqa: RUF001
    ("▁<PRE>", "▁<SUF>", "▁<MID>"),  # Code Llama
)
"""Spellings to look up where the metadata names no marker ids. The middle marker may be missing from a vocabulary
(Codestral has none: the prefix marker ends the prompt's head there)."""


def build_prompt(
    header: Sequence[int],
    prefix: Sequence[int],
    suffix: Sequence[int],
    fim: FimTokens | None,
    bos: int | None,
    limit: int,
) -> Prompt | None:
    """Lay a prompt out, what changes least first.

    Args:
        header: tokens of what the model should know of other files; they give way before all others.
        prefix: tokens of the text before the cursor.
        suffix: tokens of the text after it.
        fim: the model's markers; None for a model without any, which then only sees the prefix.
        bos: the token that starts every sequence of the model, if it wants one.
        limit: most tokens of the prompt, at least the 4 that are none of the text. The far end of the prefix gives way
            first, then that of the suffix, of which at least a quarter of the room is kept.

    Returns:
        The prompt; None where it would be empty.
    """
    head = [] if bos is None else [bos]
    if fim is None:
        room = limit - len(head) - len(prefix)
        tokens = [*head, *(header if len(header) <= room else ()), *prefix[max(0, len(prefix) - (limit - len(head))) :]]
        return Prompt(tuple(tokens[:-1]), (tokens[-1],)) if tokens else None
    room = limit - len(head) - 3
    kept_suffix = suffix[: max(room - len(prefix), room // 4)]
    kept_prefix = prefix[max(0, len(prefix) - (room - len(kept_suffix))) :]
    if len(header) <= room - len(kept_suffix) - len(kept_prefix):
        head += header
    if fim.suffix_first:
        tokens = [*head, fim.suffix, *kept_suffix, fim.prefix, *kept_prefix]
        return Prompt(tuple(tokens[:-1]), (tokens[-1],))
    tokens = [*head, fim.prefix, *kept_prefix, fim.suffix]
    return Prompt((*tokens, *kept_suffix), (fim.middle,), len(tokens) - 1)
