"""A model's own way to write a conversation down, as the markup between what was said."""

import ctypes
from collections.abc import Sequence

import llama_cpp as native

CHATML = b"chatml"
"""llama.cpp's name for the template that most models of code were trained with."""

CHATML_MARKS = ("<|im_start|>", "<|im_end|>")


def markup(template: bytes, roles: Sequence[str]) -> tuple[str, ...] | None:
    """What stands before, between and behind the texts of a conversation, and opens the answer at its end.

    No text goes through the template, so nothing in it can be taken for markup, trimmed or changed. llama.cpp finds out
    which of the templates that it knows this is; unlike a model's own Jinja code these add no system prompt.

    Args:
        template: of the model's file, or the name of one that llama.cpp knows.
        roles: of the messages.

    Returns:
        One text more than there are messages; None where llama.cpp doesn't know the template, or it leaves one of the
        messages out.
    """
    # No template holds these characters.
    places = [f"\1{number}\2" for number in range(len(roles))]
    messages = (native.llama_chat_message * len(roles))(
        *(native.llama_chat_message(role.encode(), place.encode()) for role, place in zip(roles, places, strict=True))
    )
    room = 1024
    for _ in range(2):
        buffer = ctypes.create_string_buffer(room)
        size = native.llama_chat_apply_template(template, messages, len(roles), True, buffer, room)
        if size < 0:
            return None
        if size <= room:
            break
        room = size
    return split(buffer.raw[:size].decode(errors="replace"), places)


def split(rendered: str, places: Sequence[str]) -> tuple[str, ...] | None:
    """What stands around some places; None where they are not there in this order, each once."""
    parts: list[str] = []
    for place in places:
        before, found, rendered = rendered.partition(place)
        if not found:
            return None
        parts.append(before)
    if any(place in part for place in places for part in (*parts, rendered)):
        return None
    return (*parts, rendered)
