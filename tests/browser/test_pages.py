"""Every page, in both languages, light and dark: reachable, readable, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

PageFor = Callable[..., Page]
PHONE = (390, 844)
DESK = (1366, 768)
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "/map",
    "/map?grid=community:0101",
    "/coverage?level=community",
    "/units",
    "/units?q=zzzz",
    "/units/5",
    "/leftovers",
    "/editions",
    "/imports",
    "/people",
    "/people/9",
    "/people/gaps",
    "/handovers/1",
    "/coverage/duties?programme=fire&level=community",
    "/coverage/duties?programme=fire&within=town:01&level=community&show=change",
    "/coverage/duties/list?programme=fire&level=block&state=overdue",
    "/coverage/grids/town:01?programme=fire",
    "/coverage/neglect?level=community",
    "/coverage/capacity?level=community&month=2026-06",
    "/coverage/neglect/list?level=community&state=older",
    "/exclusions",
    "/programmes",
    "/programmes/fire",
    "/programmes/fire/checklists/small_kitchen",
    "/programmes/rules/1",
    "/calendar?year=2026",
    "/account",
    "/account/second-factor",
    "/access",
    "/audit",
    "/no-such-page",
)
CHIEF_PAGES = ("/today", "/map", "/coverage", "/coverage/duties", "/units")
GRAVE = ("serious", "critical")
# A person taps the label of a tick box; a map is one large target, its table has the same links.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter(one => one.checkVisibility({ visibilityProperty: true }) && one.type !== "hidden"
                 && !one.closest(".check, .skip, .visually-hidden")
                 && !one.closest(".coverage-map > svg, .trend-chart"))
  .map(one => ({ box: one.getBoundingClientRect(), one }))
  .filter(({ box }) => box.width > 0 && (box.width < 43.5 || box.height < 43.5))
  .map(({ box, one }) => `${one.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""


def visit(page: Page, server: str, path: str) -> Page:
    page.goto(server + path)
    page.evaluate("() => window.gridward && window.gridward.ready")
    return page


def grave_faults(page: Page) -> list[str]:
    """What axe-core calls serious or worse, with the element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_axe_finds_nothing_serious_light_and_dark(
    page_for: PageFor, server: str, language: str
) -> None:
    page = page_for("admin", viewport=DESK, language=language)
    faults: dict[str, list[str]] = {}
    for path in PAGES:
        visit(page, server, path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            faults[f"{path} {scheme}"] = grave_faults(page)
    expect(page.locator("html")).to_have_attribute("lang", language.replace("_", "-"))
    assert {path: found for path, found in faults.items() if found} == {}


def test_axe_finds_nothing_serious_on_a_phone(page_for: PageFor, server: str) -> None:
    page = page_for("chief", viewport=PHONE, language="zh_Hans")
    faults = {path: grave_faults(visit(page, server, path)) for path in CHIEF_PAGES}
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_a_phone_scrolls_nothing_sideways_and_every_target_is_44_px(
    page_for: PageFor, server: str, language: str
) -> None:
    page = page_for("admin", viewport=PHONE, language=language)
    for path in PAGES:
        visit(page, server, path)
        if path.startswith("/map"):
            page.locator("#sheet-handle").click()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE[0], path
        assert page.evaluate(TOO_SMALL) == [], path


def test_nothing_is_loaded_from_elsewhere(page_for: PageFor, server: str) -> None:
    page = page_for("admin", viewport=DESK)
    for path in PAGES:
        visit(page, server, path)
    assert page.foreign_requests == []  # type: ignore[attr-defined]


def test_every_figure_of_the_coverage_table_opens_its_list(page_for: PageFor, server: str) -> None:
    page = visit(page_for("leader", viewport=DESK), server, "/coverage?level=town&on=2026-03-31")
    rows = page.locator("#coverage-table tbody tr")
    expect(rows).to_have_count(10)
    opened = [
        (link.inner_text(), link.get_attribute("href") or "")
        for row in (rows.nth(0), rows.nth(9))
        for link in row.locator("td a").all()
    ]
    assert len(opened) >= 4
    for count, address in opened:
        visit(page, server, address)
        expect(page.locator("h1")).to_contain_text(f"{count} unit")


def test_columns_sort(page_for: PageFor, server: str) -> None:
    page = visit(page_for("leader", viewport=DESK), server, "/coverage?level=town")
    page.locator("#coverage-table thead th").nth(1).locator("button").click()
    counts = [
        int(text.replace(",", ""))
        for text in page.locator("#coverage-table tbody td:nth-child(2)").all_inner_texts()
    ]
    assert counts == sorted(counts, reverse=True)
    expect(page.locator("#coverage-table thead th").nth(1)).to_have_attribute(
        "aria-sort", "descending"
    )


def test_the_language_changes_where_one_stands(page_for: PageFor, server: str) -> None:
    page = visit(page_for("leader", viewport=DESK), server, "/coverage?level=community")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert "level=community" in page.url
    expect(page.locator("h1")).to_contain_text(re.compile(r"2026年6月30日"))
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_import_page_begins_with_the_register_and_the_file(
    page_for: PageFor, server: str
) -> None:
    page = visit(page_for("admin", viewport=DESK), server, "/imports")
    expect(page.locator("input[type=file]").first).to_be_visible()
    expect(page.locator("input[type=radio]").first).to_be_checked()
