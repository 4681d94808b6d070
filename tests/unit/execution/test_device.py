"""A device is an allocation: whatever names the machine's cards, a process sees those that it was given."""

import ast
import ctypes
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from fake_cuda import card, driver
from places import SOURCE

from kit.errors import KitError
from kit.execution.device import Allocation, device_for
from kit.project.module import Module
from kit.system import gpu
from kit.system.gpu import Gpu

__all__ = ["driver"]
KIT = SOURCE / "kit/src"
MODULE = Module("m", Path(), "", "", "3.11", {}, {}, {}, "cuda", 1, {}, {})
See = Callable[[Mapping[str, str]], list[Gpu]]


@pytest.fixture
def see(driver: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[See]:
    """The cards that a process with some variables sees."""
    real = ctypes.CDLL
    monkeypatch.setattr(gpu.ctypes, "CDLL", lambda name: real(str(driver / name)))
    monkeypatch.delenv("KIT_DEVICE", raising=False)

    def cards(variables: Mapping[str, str]) -> list[Gpu]:
        for name in (gpu.VISIBLE, gpu.ORDER):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        gpu.cuda_device.cache_clear()
        return list(gpu.cuda_device().gpus)

    yield cards
    gpu.cuda_device.cache_clear()


MACHINES = {
    "nothing": {},
    "the order of the bus": {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
    "the order of speed": {"CUDA_DEVICE_ORDER": "FASTEST_FIRST"},
    "all, by speed": {"CUDA_VISIBLE_DEVICES": "0,1,2"},
    "some, backwards": {"CUDA_VISIBLE_DEVICES": "2,0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
    "spaces": {"CUDA_VISIBLE_DEVICES": " 1, 2"},
    "UUIDs": {"CUDA_VISIBLE_DEVICES": f"{card(2)},{card(1)}"},
    "an end that is none": {"CUDA_VISIBLE_DEVICES": "1,2,7"},
}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_each_card_alone_is_seen_as_that_card(machine: dict[str, str], see: See) -> None:
    cards = see(machine)
    devices = [device_for(MODULE, {}, Allocation((card.id,))) for card in cards]
    assert [device.gpus for device in devices] == [(card,) for card in cards]
    assert len({device.variables[gpu.VISIBLE] for device in devices}) == len(cards) > 1
    for device in devices:
        assert [card.uuid for card in see(machine | device.variables)] == [device.gpus[0].uuid]


def test_two_cards_are_seen_in_their_order(see: See) -> None:
    see({})
    device = device_for(replace(MODULE, gpus=2), {}, Allocation(("2", card(0), "1")))
    assert [found.uuid for found in device.gpus] == [card(2), card(0)]
    assert [found.uuid for found in see(device.variables)] == [card(2), card(0)]


REFUSED = {
    ("1",): "needs 2 CUDA device(s), and it was given 1 of the 3 here;",
    ("1", "1"): "needs 2 CUDA device(s), and it was given 1 of the 3 here;",
    ("1", card(1)): "needs 2 CUDA device(s), and it was given 1 of the 3 here;",
    (): "needs 2 CUDA device(s), and it was given none of the 3 here;",
    ("0", "7"): "was given the card 7, and the cards here are 0, 1, 2",
}


@pytest.mark.parametrize(("cards", "message"), REFUSED.items())
def test_an_allocation_that_is_not_enough_is_refused(cards: tuple[str, ...], message: str, see: See) -> None:
    see({})
    with pytest.raises(KitError, match=re.escape(f"modules/m: {message}")):
        device_for(replace(MODULE, gpus=2), {}, Allocation(cards))


def test_without_an_allocation_every_card_may_be_used(see: See) -> None:
    assert list(device_for(replace(MODULE, gpus=3), {}).gpus) == see({})


def test_what_runs_anywhere_and_was_given_no_card_runs_on_the_cpu(see: See) -> None:
    see({})
    assert device_for(replace(MODULE, device="any"), {}, Allocation(())).variables == {gpu.VISIBLE: ""}


CHANGES = {"setdefault", "update", "pop", "popitem", "clear", "__setitem__", "__delitem__"}


def test_nothing_writes_the_environment_that_all_runs_share() -> None:
    """Two runs at once, each with its own cards, would see each other's."""
    assert [place for file in sorted(KIT.rglob("*.py")) for place in writes(file)] == []


def writes(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            putenv = ast.unparse(node.func) in ("os.putenv", "os.unsetenv")
            targets = [node.func.value] if putenv or node.func.attr in CHANGES else []
            targets = [ast.Name("os.environ")] if putenv else targets
        if any(ast.unparse(target).startswith("os.environ") for target in targets):
            found.append(f"{file.name}:{node.lineno}")
    return found


@pytest.mark.parametrize(
    "line", ["os.environ['A'] = 'b'", "os.environ |= {}", "del os.environ['A']", "os.putenv('A', 'b')"]
)
def test_a_planted_write_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(f"import os\n{line}\nos.environ.get('A')\n")
    assert writes(tmp_path / "planted.py") == ["planted.py:2"]
