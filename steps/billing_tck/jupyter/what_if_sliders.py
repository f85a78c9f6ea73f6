"""The sliders of a "what if"; they need ipywidgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billing_tck.jupyter.what_if_stories import Choice, Range

if TYPE_CHECKING:
    import ipywidgets  # type: ignore[import-untyped]

_BOX = "billing-what-if"
# The handles of ipywidgets' sliders have no name for screen readers, and no option to give them one.
_NAMES_HANDLES = f"""<style onload="
  const box = this.closest('.{_BOX}');
  const name = () => box.querySelectorAll('.widget-slider').forEach((slider) => {{
    const label = slider.querySelector('.widget-label').textContent;
    slider.querySelectorAll('.noUi-handle').forEach((handle) => handle.setAttribute('aria-label', label));
  }});
  name();
  new MutationObserver(name).observe(box, {{childList: true, subtree: true}});
">
  .{_BOX} {{ max-width: 100%; }}
  @media (max-width: 700px) {{
    .{_BOX} .widget-slider {{ flex-wrap: wrap; height: auto; }}
    .{_BOX} .widget-slider .widget-label {{ width: 100% !important; text-align: left; }}
  }}
</style>"""


def sliders_of(
    choices: Mapping[str, Range],
    chosen: Mapping[str, Choice],
    labels: Mapping[str, str],
    moved: Callable[[str, Choice], None],
) -> ipywidgets.VBox:
    """Return a slider for each choice, at what is chosen; `moved` is called with each move."""
    import ipywidgets  # noqa: PLC0415 - only who wants sliders needs it

    sliders = []
    for name, choice in choices.items():
        slider = _slider(ipywidgets, labels.get(name, name.replace("_", " ")), choice, chosen[name])
        slider.observe(_follower(name, moved), names="value")
        sliders.append(slider)
    box = ipywidgets.VBox([*sliders, ipywidgets.HTML(_NAMES_HANDLES)])
    box.add_class(_BOX)
    return box


def _follower(name: str, moved: Callable[[str, Choice], None]) -> Callable[[Mapping[str, Any]], None]:
    def follow(change: Mapping[str, Any]) -> None:
        value = change["new"]
        moved(name, Decimal(str(value)) if isinstance(value, float) else value)

    return follow


def _slider(ipywidgets: Any, label: str, choice: Range, value: Choice) -> Any:
    shown = {
        "description": label,
        "style": {"description_width": "220px"},
        "layout": {"width": "100%", "max_width": "620px"},
    }
    if isinstance(choice, list):
        return ipywidgets.SelectionSlider(options=choice, value=value, **shown)
    if isinstance(choice[0], Decimal):
        return ipywidgets.FloatSlider(
            min=float(choice[0]),
            max=float(choice[1]),
            value=float(value),
            step=10.0,
            readout_format=",.2f",
            continuous_update=False,
            **shown,
        )
    return ipywidgets.IntSlider(min=choice[0], max=choice[1], value=value, continuous_update=False, **shown)
