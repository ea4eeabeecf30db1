"""Every legal form of a decorator gives as plain Python what it gives compiled."""

from __future__ import annotations

from pathlib import Path

from tests.cells.driving import Driver

FORMS = Path(__file__).parent / "forms"


def test_every_form_of_a_decorator_works_as_plain_python(driver: Driver, newest: str) -> None:
    driver.run(newest, "--probes", str(FORMS))
    # What is compiled and not cached, and never wrong.
    assert driver.outcomes(newest) == {
        f"cache/{path.stem}": "uncacheable in cold" for path in FORMS.glob("cache/*.py")
    }
    compared = {probe: phase.value for probe, phase in driver.phases(newest)}
    assert {probe: len(value) for probe, value in compared.items()} == {
        "cache/cfunc_forms": 5,
        "cache/guvectorize_forms": 19,
        "cache/other_forms": 10,
        "cache/vectorize_forms": 20,
    }
