"""The measuring of search: its intervals are right, its counting is the scorer's."""

from bench.search_quality import figures, interval, misses


def test_a_share_is_told_with_its_wilson_interval() -> None:
    assert interval(0, 0) == "–"
    assert interval(8, 10) == " 80.0 % [49.0 … 94.3] (8 of 10)"
    assert interval(0, 20) == "  0.0 % [0.0 … 16.1] (0 of 20)"
    assert interval(20, 20) == "100.0 % [83.9 … 100.0] (20 of 20)"


def test_an_empty_run_declines_everything_and_a_right_one_hits() -> None:
    gold = [
        {"id": "1", "question": "a", "acceptable_ids": "A|B", "kind": "formal"},
        {"id": "2", "question": "b", "acceptable_ids": "C", "kind": "formal"},
        {"id": "3", "question": "c", "acceptable_ids": "", "kind": "offtopic"},
    ]
    told = "\n".join(figures(gold, {"1": ["B"], "2": ["X", "C"], "3": []}))
    assert "hit@1     50.0 %" in told
    assert "hit@3    100.0 %" in told
    assert "rejected 100.0 %" in told
    assert "right     66.7 %" in told
    assert [line[:1] for line in misses(gold, {"1": ["B"], "2": ["X", "C"], "3": []})] == ["2"]
    assert len(misses(gold, {})) == 2
