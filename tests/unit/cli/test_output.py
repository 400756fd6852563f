"""What commands print, wherever it goes."""

import io
import json
import os
import sys

import pytest
import typer

from farthing.cli import output


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_json_is_the_same_in_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
    output.print_json({"path": "ä→\udcff"})
    sys.stdout.flush()
    assert json.loads(raw.getvalue().decode(encoding)) == {"path": "ä→\udcff"}


def test_who_has_seen_enough_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    pipe = os.fdopen(writer, "w")
    monkeypatch.setattr(sys, "stdout", pipe)

    @output.command
    def talk() -> None:
        pipe.write("x")
        pipe.flush()

    with pytest.raises(typer.Exit) as caught:
        talk()
    pipe.close()
    assert caught.value.exit_code == 1
    assert capsys.readouterr().err == ""
