import numpy as np
import pyarrow as pa
import pytest

from slipway.steps.validate.buffers import coded
from slipway.steps.validate.duplicates import Rows, folded, number_digests, text_digests, value_digests

RANDOM = np.random.default_rng(11)


def digests(count):
    return RANDOM.integers(0, 2**64, count, dtype=np.uint64)


def test_the_share_counts_every_row_of_the_split_as_often_as_it_occurs():
    first, second, third = digests(3)
    rows = Rows()
    rows.add(np.array([first, first, second], np.uint64))
    rows.add(np.array([first, third], np.uint64))
    rows.mark(np.array([third, *digests(1000)], np.uint64))
    assert rows.shared_fraction() == 1 / 5
    rows.mark(np.array([first, first], np.uint64))
    assert rows.shared_fraction() == 4 / 5


@pytest.mark.parametrize("present", [np.zeros(0, np.uint64), digests(5)])
def test_a_split_shares_nothing_with_no_rows(present):
    rows = Rows()
    rows.add(present)
    rows.mark(np.zeros(0, np.uint64))
    assert rows.shared_fraction() == 0.0


def test_of_more_rows_than_are_kept_a_sample_gives_nearly_the_share():
    kept, shared, own = 20_000, digests(60_000), digests(140_000)
    rows = Rows(most=kept)
    for part in np.array_split(RANDOM.permutation(np.concatenate([shared, own])), 7):
        rows.add(part)
    rows.mark(shared)
    rows.mark(digests(100_000))
    # Five standard deviations of a share of 0.3 among 20,000.
    assert rows.shared_fraction() == pytest.approx(0.3, abs=5 * np.sqrt(0.3 * 0.7 / kept))


def test_the_sample_does_not_depend_on_the_order_of_the_rows():
    all_rows, other = digests(50_000), digests(10_000)
    shares = []
    for order in (all_rows, all_rows[::-1]):
        rows = Rows(most=1000)
        for part in np.array_split(order, 60):
            rows.add(np.ascontiguousarray(part))
        rows.mark(np.concatenate([other, all_rows[:7000]]))
        shares.append(rows.shared_fraction())
    assert shares[0] == shares[1] > 0


def test_equal_numbers_have_equal_digests_whatever_their_type():
    whole = number_digests(pa.array([1, 0, None, -7]))
    real = number_digests(pa.array([1.0, -0.0, None, -7.0]))
    assert whole.tolist() == real.tolist()
    assert len(set(whole.tolist())) == 4


def test_texts_have_the_same_digest_exactly_when_they_are_equal():
    words = ["a", "b", "ab", "ba", "a\0", "abcdefgh", "abcdefghi", "iabcdefgh", "hgfedcba", "x" * 4000, "x" * 4001]
    words += [f"{prefix}{number}" for prefix in ("row-", "wor-", "a longer prefix of ") for number in range(3000)]
    words += ["abcdefgh" * 2 + "12345678", "12345678" + "abcdefgh" * 2]
    found = text_digests(pa.array(words))
    assert len(set(found.tolist())) == len(set(words)) == len(words)
    apart = [text_digests(pa.array([word]))[0] for word in words[:40]]
    assert apart == found[:40].tolist()
    assert text_digests(pa.array(words).slice(5, 30)).tolist() == found[5:35].tolist()


def test_texts_of_more_bytes_than_a_piece_have_the_digests_of_the_texts_alone():
    texts = [character * 400_000 for character in "abcdefgh"] + [chr(97 + index % 26) * 3 for index in range(5)]
    assert text_digests(pa.array(texts)).tolist() == [text_digests(pa.array([text]))[0] for text in texts]


def test_a_missing_value_differs_from_every_other():
    found = value_digests(coded(pa.array(["a", None, "b", None])))
    assert found[1] == found[3]
    assert len(set(found.tolist())) == 3


def test_rows_differ_when_values_change_columns():
    first, second = digests(2)
    forth = folded(folded(np.zeros(1, np.uint64), np.array([first])), np.array([second]))
    back = folded(folded(np.zeros(1, np.uint64), np.array([second])), np.array([first]))
    assert forth[0] != back[0]
