"""The map page: what a chief and a leader see, and how it answers hand and keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

PageFor = Callable[..., Page]
PHONE = (390, 844)
DESK = (1366, 768)
READY = "() => window.gridward.ready"
SHOWN = """level => window.gridward.map
    .queryRenderedFeatures({ layers: [`fill-${level}`] }).length > 0"""
FOCUSED = "() => document.activeElement.id || document.activeElement.tagName"
NAMED = """level => {
  const { map } = window.gridward;
  const box = map.getCanvas().getBoundingClientRect();
  return map.queryRenderedFeatures({ layers: [`label-${level}`] }).map(found => {
    const { x, y } = map.project(found.geometry.coordinates);
    return { x: x + box.left, y: y + box.top, name: found.properties.name_en };
  }).filter(({ x, y }) => x > box.left + 60 && x < box.right - 90 && y > box.top + 60
                          && y < box.bottom - 60);
}"""


def open_map(page: Page, server: str, query: str = "") -> Page:
    page.goto(f"{server}/map{query}")
    page.evaluate(READY)
    return page


def settle(page: Page) -> None:
    """Until the map has drawn what it was asked for."""
    page.evaluate("""() => new Promise(done => {
      const { map } = window.gridward;
      if (map.loaded() && !map.isMoving()) done(); else map.once("idle", () => done());
    })""")


def first_named(page: Page, level: str) -> dict[str, Any]:
    """A grid of the level whose name stands on the map, and where."""
    found = page.evaluate(NAMED, level)
    assert found, f"no name of level {level} is on the map"
    return dict(found[0])


def shows(page: Page, level: str) -> None:
    page.wait_for_function(SHOWN, arg=level)
    settle(page)


def requests_of(page: Page) -> list[str]:
    """The addresses asked for from now on."""
    seen: list[str] = []

    def note(request: Request) -> None:
        seen.append(request.url)

    page.on("request", note)
    return seen


def test_a_chief_sees_the_own_block_and_its_units_on_a_phone(
    page_for: PageFor, server: str
) -> None:
    page = open_map(page_for("chief", viewport=PHONE), server)
    expect(page.locator("#first-line")).to_contain_text(re.compile(r"\d+\s% of \d+ units"))
    seen = page.evaluate("""() => {
      const { map } = window.gridward;
      const ids = kind => map.queryRenderedFeatures({ layers: [kind] });
      const classes = ids("fill-block").map(found => found.state.class);
      return { units: ids("unit").length, own: new Set(ids("fill-block").filter(found =>
               found.state.class >= 0).map(found => found.id)).size, classes: classes.length };
    }""")
    assert seen["units"] > 0, "the units of the own block are not drawn"
    assert seen["own"] == 1, "exactly the own block has figures"
    assert seen["classes"] > 1, "the neighbours are drawn too, without figures"
    page.locator("#sheet-handle").click()
    expect(page.locator("#date")).to_be_visible()


def test_a_leader_drills_from_towns_to_blocks(page_for: PageFor, server: str) -> None:
    page = open_map(page_for("leader", viewport=DESK), server)
    shows(page, "town")
    assert len(page.evaluate(NAMED, "town")) >= 5
    place = first_named(page, "town")
    page.mouse.dblclick(place["x"], place["y"])
    shows(page, "community")
    expect(page.locator("#grid-panel h2")).to_have_text(place["name"])
    expect(page.locator("#first-line")).to_contain_text(place["name"])
    inner = first_named(page, "community")
    page.mouse.click(inner["x"], inner["y"])
    expect(page.locator("#grid-panel h2")).to_have_text(inner["name"])
    page.locator("#drill").click()
    shows(page, "block")
    assert "grid=community:" in page.url


def test_another_day_costs_one_request_and_no_grid_tile(page_for: PageFor, server: str) -> None:
    page = open_map(page_for("leader", viewport=DESK), server)
    before = page.locator("#first-line").inner_text()
    asked = requests_of(page)
    page.locator("#month-back").click()
    expect(page.locator("#first-line")).not_to_have_text(before)
    settle(page)
    assert len([url for url in asked if "/api/v1/inspected" in url]) == 1
    assert [url for url in asked if "/tiles/grids/" in url] == []
    assert "on=2026-05-30" in page.url


def test_the_address_brings_back_the_same_view(page_for: PageFor, server: str) -> None:
    page = page_for("leader", viewport=DESK)
    query = "?level=block&grid=community:0101&on=2026-03-31&at=13.50/31.40000/118.57000"
    open_map(page, server, query)
    expect(page.locator("#level")).to_have_value("block")
    expect(page.locator("#date")).to_have_value("2026-03-31")
    expect(page.locator("#grid-panel h2")).to_be_visible()
    zoom, lat, lon = page.evaluate("""() => {
      const { map } = window.gridward;
      return [map.getZoom(), map.getCenter().lat, map.getCenter().lng];
    }""")
    assert (zoom, lat, lon) == pytest.approx((13.5, 31.4, 118.57), abs=1e-3)
    shows(page, "block")
    assert urlsplit(page.url).query == query[1:]


def test_back_and_forward_follow_what_was_chosen(page_for: PageFor, server: str) -> None:
    page = open_map(page_for("leader", viewport=DESK), server)
    place = first_named(page, "town")
    page.mouse.click(place["x"], place["y"])
    expect(page.locator("#grid-panel h2")).to_have_text(place["name"])
    page.locator("#month-back").click()
    expect(page.locator("#date")).to_have_value("2026-05-30")
    page.go_back()
    expect(page.locator("#date")).to_have_value("2026-06-30")
    page.go_back()
    expect(page.locator("#grid-panel")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#grid-panel h2")).to_have_text(place["name"])


def test_the_keyboard_alone_reaches_every_control_and_drills(
    page_for: PageFor, server: str
) -> None:
    page = open_map(page_for("leader", viewport=DESK), server)
    reached = set()
    page.locator("#main").focus()
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
        if "CANVAS" in reached:
            break
    assert {"month-back", "date", "month-forward", "level", "toggle-table", "CANVAS"} <= reached
    expect(page.locator("#crosshair")).to_be_visible()
    page.keyboard.press("Enter")
    shows(page, "community")
    expect(page.locator("#grid-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#grid-panel")).to_be_hidden()
    shows(page, "town")


def test_the_table_shows_what_the_map_shows(page_for: PageFor, server: str) -> None:
    page = open_map(page_for("leader", viewport=DESK), server)
    page.locator("#toggle-table").click()
    rows = page.locator("#table-view tbody tr")
    expect(rows).to_have_count(10)
    counted = sum(
        int(text.replace(",", ""))
        for text in page.locator("#table-view tbody td:nth-child(2)").all_inner_texts()
    )
    said = re.search(r"of ([\d,]+) units", page.locator("#first-line").inner_text())
    assert said and counted == int(said[1].replace(",", ""))


def test_counts_of_the_panel_open_their_lists(page_for: PageFor, server: str) -> None:
    page = open_map(page_for("leader", viewport=DESK), server, "?grid=community:0101")
    links = page.locator("#grid-panel .figures a")
    expect(links).to_have_count(3)
    for index, state in enumerate(("all", "inspected", "not_inspected")):
        address = links.nth(index).get_attribute("href") or ""
        assert parse_qs(urlsplit(address).query)["state"] == [state]
        count = links.nth(index).locator("strong").inner_text()
        listed = page.context.new_page()
        listed.goto(server + address)
        expect(listed.locator("h1")).to_contain_text(f"{count} unit")
        listed.close()


def test_a_lost_network_is_said_and_the_map_stays(page_for: PageFor, server: str) -> None:
    page = open_map(page_for("leader", viewport=DESK), server)
    page.context.set_offline(True)
    expect(page.locator("#banner")).to_have_text("You are offline; the map shows what was loaded.")
    page.context.set_offline(False)
    expect(page.locator("#banner")).to_be_hidden()


def test_layers_of_points_are_chosen_explained_and_opened(page_for: PageFor, server: str) -> None:
    page = open_map(page_for("leader", DESK), server, "?layers=facilities")
    settle(page)
    legend = page.locator("[data-legend=facilities]")
    expect(legend.locator("canvas")).to_have_count(9)
    expect(legend).to_contain_text("Hydrant")
    expect(page.locator("[data-legend=units]")).to_be_hidden()
    page.locator("[data-layer=hazards]").click()
    expect(page.locator("[data-layer=hazards]")).to_have_attribute("aria-pressed", "true")
    assert parse_qs(urlsplit(page.url).query)["layers"] == ["hazards,facilities"]
    hydrant = "F00001"
    row = page.request.get(f"{server}/api/v1/facilities?q={hydrant}").json()["facilities"][0]
    open_map(page, server, f"?layers=facilities&at=18/{row['lat']}/{row['lon']}")
    settle(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#unit-panel h2")).to_have_text(row["name"])
    page.get_by_role("link", name="Open its page").click()
    expect(page).to_have_url(f"{server}/facilities/{row['no']}")


def test_persons_of_a_building_are_counted_and_lead_to_the_list(
    page_for: PageFor, server: str
) -> None:
    page = open_map(page_for("chief", DESK), server, "?layers=residents")
    expect(page.locator("[data-legend=residents]")).to_contain_text("Building of your community")
    household = page.request.get(f"{server}/api/v1/residents?limit=1").json()["households"][0]
    open_map(page, server, f"?layers=residents&at=18/{household['lat']}/{household['lon']}")
    settle(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#unit-panel h2")).to_have_text(household["building"])
    expect(page.locator("#unit-panel .state")).to_contain_text("in the register")
    page.get_by_role("link", name="Open the list of residents").click()
    expect(page.locator("tbody tr").first).to_contain_text(household["building"])
