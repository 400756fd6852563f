"""What has to be done to its end, whoever gives up waiting for it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


async def unbroken(call: Callable[[], _T]) -> tuple[_T, asyncio.CancelledError | None]:
    """Run something in a thread to its end, also where its caller is cancelled meanwhile.

    Returns:
        Its result, and the cancellation that is still to be raised.
    """
    task = asyncio.create_task(asyncio.to_thread(call))
    given_up = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as exc:
            given_up = exc
    return task.result(), given_up
