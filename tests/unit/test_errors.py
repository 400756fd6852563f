"""The tree of errors is the one that is drawn."""

import inspect
import re

import pytest

from farthing import errors

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value)]


def test_the_drawing_shows_every_class_beneath_its_base() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^ {4}([│ ├└─]*)([A-Z]\w+)", line)
        if match:
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            drawn[match[2]] = path[depth - 1] if depth else "Exception"
    assert drawn == {cls.__name__: cls.__bases__[0].__name__ for cls in CLASSES}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_one_line_with_a_way_out(cls: type[errors.FarthingError]) -> None:
    assert str(cls("it broke")) == "it broke"
    error = cls("it broke", "Mend it")
    assert (str(error), error.message, error.fix) == ("it broke. Mend it", "it broke", "Mend it")
    assert error.exit_code in (1, 2)


def test_wrong_usage_exits_with_2_and_the_rest_with_1() -> None:
    assert errors.UsageError.exit_code == errors.SettingsError.exit_code == errors.UnknownModel.exit_code == 2
    assert errors.EngineUnavailable.exit_code == errors.DownloadFailed.exit_code == 1
