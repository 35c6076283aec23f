"""What fuzzing found, again and again."""

from __future__ import annotations

import pytest

from tests.fuzz.harnesses import HARNESSES
from tests.fuzz.kept import MAX_BYTES, MAX_INPUTS, load


@pytest.mark.parametrize("name", HARNESSES)
def test_no_kept_input_breaks_its_parser(name: str) -> None:
    """Each input that once reached something new, and each seed, still passes its harness."""
    kept = load(name)
    assert kept
    assert len(kept) <= MAX_INPUTS
    assert sum(map(len, kept)) <= MAX_BYTES
    for data in (*HARNESSES[name].seeds, *kept):
        HARNESSES[name].run(data)
