"""Our sample catalogue in the simple list form, for ``bench.search_quality``.

``python -m bench.sample_list --out sample.csv [--labels]``; an item's id is its item code. The list
form knows no labels, so a run over it is the harder one; ``--labels`` adds them in a last column.
"""

import argparse
import csv
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter

from citydesk.guides import GuideContent

COLUMNS = ["id", "source", "department", "main_item", "name", "code", "type_name"]
LABELS = "plain_labels"
TYPES = {
    "01": "行政许可",
    "05": "行政给付",
    "06": "行政检查",
    "07": "行政确认",
    "08": "行政奖励",
    "09": "行政裁决",
    "10": "其他行政权力",
    "20": "公共服务",
}


def main() -> None:
    """Write the list."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--out", type=Path, required=True)
    reading.add_argument("--labels", action="store_true")
    asked = reading.parse_args()
    departments = _departments()
    with asked.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*COLUMNS, LABELS] if asked.labels else COLUMNS)
        for each in _contents():
            kind = TYPES.get(each.item_type.value, "其他行政权力")
            department = departments[each.authority]
            row = [each.item_code, "sample", department, "", each.name, each.item_code, kind]
            writer.writerow([*row, "|".join(each.plain_labels)] if asked.labels else row)


def _contents() -> list[GuideContent]:
    reader = TypeAdapter(list[GuideContent])
    folder = files("citydesk.guides") / "data"
    named = sorted(folder.iterdir(), key=lambda file: file.name)
    return [
        content
        for file in named
        if file.name.endswith(".json")
        for content in reader.validate_json(file.read_bytes())
    ]


def _departments() -> dict[str, str]:
    text = (files("citydesk.organs") / "data" / "organs.csv").read_text("utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


if __name__ == "__main__":
    main()
