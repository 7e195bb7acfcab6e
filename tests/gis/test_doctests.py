"""The examples in the docstrings of gis are true."""

import doctest
import importlib
import pkgutil

import pytest

import gis

MODULES = [f"gis.{module.name}" for module in pkgutil.iter_modules(gis.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_most_modules_have_examples() -> None:
    tried = [doctest.testmod(importlib.import_module(name)).attempted for name in MODULES]
    assert sum(count > 0 for count in tried) >= len(MODULES) - 1
