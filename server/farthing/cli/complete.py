"""``farthing complete``: one completion, as the editor would get it."""

import asyncio
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from farthing.backends.local import LocalBackend
from farthing.cli import output
from farthing.completion.headers import Headers
from farthing.completion.pipeline import Completion, CompletionPipeline, CompletionRequest
from farthing.completion.surroundings import Surroundings
from farthing.engine.models import store
from farthing.errors import UsageError
from farthing.index.languages import language_id
from farthing.index.stored import StoredFolders
from farthing.settings import CompletionSettings
from farthing.text import MAX_DOCUMENT, cli_offset


@dataclass(frozen=True)
class Answer:
    """What ``--json`` prints."""

    text: str
    model: str
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    first_token_ms: float
    total_ms: float


@output.command
def complete(
    place: Annotated[str, typer.Argument(metavar="FILE:LINE:COLUMN", help="Counted from 1, the column in characters.")],
    model: Annotated[str, typer.Option(help="Catalogue id or GGUF file; the chosen one by default.")] = "",
    max_tokens: Annotated[int, typer.Option(min=1, max=1024)] = CompletionSettings().max_tokens,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Complete the code at a place of a file and print what would be inserted."""
    match = re.fullmatch(r"(.+):(\d+):(\d+)", place, re.DOTALL)
    if not match:
        raise UsageError(f"{place!r} is not FILE:LINE:COLUMN", "Give for example src/main.py:12:5")
    path, text = Path(match[1]), read_text(Path(match[1]))
    offset = cli_offset(text, int(match[2]), int(match[3]))
    file = store.resolve(model)
    answer = asyncio.run(complete_text(path.absolute(), text, offset, file, CompletionSettings(max_tokens=max_tokens)))
    result = Answer(
        answer.text if answer else "",
        store.label(file),
        answer.usage.input if answer else 0,
        answer.usage.cached if answer else 0,
        answer.usage.output if answer else 0,
        answer.first_token_ms if answer else 0.0,
        answer.total_ms if answer else 0.0,
    )
    if json:
        output.print_json(result)
    elif result.text:
        output.out.print(result.text, markup=False, soft_wrap=True)
    else:
        output.err.print("farthing: the model has nothing to add here")
    if not result.text:
        raise typer.Exit(1)


async def complete_text(
    path: Path, text: str, offset: int, model: Path, settings: CompletionSettings
) -> Completion | None:
    """One answer of the very pipeline that serves editors; its text is empty when the model has nothing to add.

    Args:
        path: names the document, absolute; not read.
        offset: the cursor, in code points.
    """
    backend = LocalBackend()
    pipeline = CompletionPipeline(backend, Headers(Surroundings(StoredFolders())))
    name = str(path)
    request = CompletionRequest(name, text, offset, language_id(path.name), str(model), multiline=True, path=name)
    async with contextlib.aclosing(pipeline), contextlib.aclosing(backend):
        return await pipeline.answer(request, settings)


def read_text(path: Path) -> str:
    """The text of a source file, line breaks untouched.

    Raises:
        UsageError: it is no file, unreadable, too large, binary, or not UTF-8.
    """
    try:
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
        size = path.stat().st_size
        # 4 bytes are the longest code point, so nothing shorter than the limit is refused.
        if size > 4 * MAX_DOCUMENT:
            raise UsageError(f"{path} has {size / 1e6:.0f} MB, which is more than any source file; it is not completed")
        data = path.read_bytes()
    except OSError as exc:
        raise UsageError(f"{path} can't be read: {exc.strerror}") from exc
    if b"\0" in data:
        raise UsageError(f"{path} is a binary file", "Only text can be completed")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise UsageError(f"{path} is not UTF-8 (byte {exc.start})", "Convert it first, for example with iconv") from exc
    if len(text) > MAX_DOCUMENT:
        raise UsageError(f"{path} has {len(text) / 1e6:.0f} million characters; it is not completed")
    return text
