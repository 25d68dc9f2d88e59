import pytest

from tests.sabotage import ROOT, SABOTAGES


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.name)
def test_every_sabotage_still_finds_its_place(sabotage):
    assert (ROOT / sabotage.file).read_text().count(sabotage.old) == 1
    assert all((ROOT / tests).exists() for tests in sabotage.tests.split())
