"""The measuring of search: its intervals are right, its counting is the scorer's."""

from pathlib import Path

import pytest

from bench.search_quality import figures, interval, main, misses, simple_form
from citydesk import guides


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


def test_a_catalogue_needs_no_more_than_names() -> None:
    odd = "\ufeffname,颜色\n护照签发,红\n 结婚\x01登记 ,蓝\n,绿\n结婚登记,蓝\n".encode()
    rows = guides.read_list(simple_form(odd))
    assert [(row.id, row.name) for row in rows] == [
        ("1", "护照签发"),
        ("2", "结婚 登记"),
        ("4", "结婚登记"),
    ]
    whole = "id,source,department,main_item,name,code,type_name\n"
    whole += "A1,GA!,某局,大项,护照签发,C-1,行政许可\n"
    again = whole + "A2,GA!,某局,,护照换发,C-1,行政许可\n"
    for encoding in ("utf-8", "gb18030"):
        rows = guides.read_list(simple_form(again.encode(encoding)))
        assert [(row.id, row.name, row.main_item) for row in rows] == [
            ("A1", "护照签发", "大项"),
            ("A2", "护照换发", ""),
        ]
        assert len({row.code for row in rows}) == 2


def test_questions_go_through_the_bots_own_function_in_a_scratch_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, questions, run = (tmp_path / name for name in ("C.csv", "Q.csv", "RUN.tsv"))
    catalogue.write_text("\ufeffid,name\nA,普通护照签发\nB,结婚登记\n", "utf-8")
    questions.write_text(
        "\ufeffid,question\nQ1,怎么办护照\nQ2,今天下雨吗\nQ3,我俩要领证\n", "utf-8"
    )
    monkeypatch.setattr(
        "sys.argv",
        [
            "search_quality",
            "--catalogue",
            str(catalogue),
            "--questions",
            str(questions),
            "--out",
            str(run),
        ],
    )
    assert main() == 0
    assert run.read_text("utf-8") == "Q1\tA\nQ2\t\nQ3\tB\n"
