"""Charts, drawn here as SVG, sent as pictures of their own: no script, nothing from elsewhere."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, tostring

import pygal  # type: ignore[import-untyped]  # it ships no types
from pygal.style import Style  # type: ignore[import-untyped]
from starlette.responses import Response

# The library leaves a finder for its maps behind, of a kind that Python has given up: every later
# import of anything would warn of it.
sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != "pygal"]
BAR_HEIGHT, FRAME_HEIGHT, WIDTH = 34, 90, 900
LETTER = 14
WIDER = 6  # a Chinese character is so much wider than the library reckons
FONT = '"PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif'
REACHED, MISSED, UNKNOWN = "#12663c", "#ab1f24", "#4b586b"
# The picture may style itself and nothing else: no script runs in it, nothing is fetched for it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#17212f",
    foreground_strong="#17212f",
    foreground_subtle="#c3d6f0",
    colors=(REACHED,),
    opacity="1",
    font_family=FONT,
    label_font_size=LETTER,
    major_label_font_size=LETTER,
    title_font_size=18,
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, how long in thousandths (None: nothing to show), where it leads."""

    label: str
    permille: int | None
    path: str


def bars_chart(title: str, bars: Sequence[Bar], target: int | None) -> bytes:
    """Draw shares as horizontal bars, the first on top; ``target`` in thousandths is a line.

    A bar that reaches the target is green, one that does not red; each leads to its rows.
    """
    chart = pygal.HorizontalBar(
        width=WIDTH,
        height=FRAME_HEIGHT + BAR_HEIGHT * max(len(bars), 1),
        title=title,
        style=STYLE,
        js=[],
        show_legend=False,
        margin_left=20 + WIDER * max((len(_named(each)) for each in bars), default=0),
        range=(0, 100),
        value_formatter=lambda value: f"{value:g}%",
        truncate_label=40,
        no_data_text="没有数据",
        disable_xml_declaration=True,
    )
    chart.uuid = "bars"  # the same figures are the same bytes
    marks = {0, 50, 100} | ({target / 10} if target is not None else set())
    chart.y_labels = sorted(marks)
    chart.y_labels_major = [target / 10] if target is not None else []
    turned = list(reversed(bars))
    chart.x_labels = [_named(each) for each in turned]
    chart.add("", [_value(each, target) for each in turned])
    drawn: Element = chart.render_tree()
    _silence(drawn)
    written: bytes = tostring(drawn, encoding="utf-8")
    return written


def _named(bar: Bar) -> str:
    """The figure stands beside the name: a short bar has no room for it."""
    return f"{bar.label}  {'—' if bar.permille is None else f'{bar.permille / 10:g}%'}"


def _value(bar: Bar, target: int | None) -> dict[str, object]:
    reached = target is None or (bar.permille or 0) >= target
    colour = UNKNOWN if bar.permille is None else REACHED if reached else MISSED
    shown = (bar.permille or 0) / 10
    link = {"href": bar.path, "target": "_top"}
    return {"value": shown, "xlink": link, "color": colour, "label": bar.label}


def _silence(drawn: Element) -> None:
    """Take out the script for tool tips and the remarks: nothing in a picture of ours runs."""
    for parent in list(drawn.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] == "script":
                parent.remove(child)


def picture(drawn: bytes) -> Response:
    """Send a chart: the officer's own, never kept."""
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
    return Response(drawn, headers=headers, media_type="image/svg+xml")
