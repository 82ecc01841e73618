from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from sota_rag.ingest.pack import Unit, effective_size, pack, size_of


def units(*sizes: int, cuts: dict[int, float] | None = None) -> list[Unit]:
    """Units of four characters a piece, side by side."""
    made, start = [], 0
    for index, size in enumerate(sizes):
        made.append(Unit(start, start + 4 * size, size, cut=(cuts or {}).get(index, 0.0)))
        start += 4 * size
    return made


def sizes(spans: list[tuple[int, int]]) -> list[int]:
    return [(end - start) // 4 for start, end in spans]


def test_effective_size():
    assert effective_size(3, 16) == 3
    assert effective_size(3, 25) == 4  # 25 / 8, rounded up


def test_gaps_count_between_units_only():
    assert size_of([Unit(0, 8, 2, gap=9), Unit(8, 16, 2, gap=5)]) == 9
    assert size_of([]) == 0


def test_passages_are_even():
    # 240 in passages of at most 100 are three of 80, not 100 + 100 + 40.
    assert sizes(pack(units(*[20] * 12), 100, 120, 10)) == [80, 80, 80]


def test_what_fits_stays_whole():
    assert sizes(pack(units(40, 50), 100, 120, 10)) == [90]


def test_costly_boundary_is_avoided_while_both_fit():
    assert sizes(pack(units(60, 60, 60), 100, 120, 10, )) != [60, 120]  # fmt: skip
    assert sizes(pack(units(60, 60, 60, cuts={2: 4.0}), 100, 120, 10)) == [60, 120]
    assert sizes(pack(units(60, 70, 70, cuts={2: 4.0}), 100, 120, 10)) == [60, 70, 70]


def test_compulsory_boundary():
    parted = [Unit(0, 40, 10), Unit(40, 80, 10, apart=True)]
    assert sizes(pack(parted, 100, 120, 10)) == [10, 10]


def test_a_single_unit_over_the_budget_stays_whole():
    assert sizes(pack(units(20, 300, 20), 100, 120, 10)) == [20, 300, 20]


@given(st.lists(st.integers(9, 60), min_size=1, max_size=9))
def test_no_other_cut_is_more_even(lengths):
    target, budget = 90, 110
    total = sum(lengths)
    even = total / -(-total // target)

    def cost(parts: list[int]) -> float:
        return sum(((part - even) / even) ** 2 for part in parts)

    found = sizes(pack(units(*lengths), target, budget, 0))
    assert sum(found) == total
    assert max(found) <= budget
    if total > target:
        inner = range(1, len(lengths))
        every = [
            [sum(lengths[a:b]) for a, b in zip((0, *cut), (*cut, len(lengths)), strict=True)]
            for count in range(len(lengths))
            for cut in combinations(inner, count)
        ]
        best = min(cost(parts) for parts in every if max(parts) <= budget)
        assert cost(found) <= best + 1e-9
