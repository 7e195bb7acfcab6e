"""A chief's round on a phone: one tap, undo, what is not normal with a photo, a correction, and
twelve stops in a row; a photo that could not be sent is not lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.settings import Settings
from tests.browser.conftest import serving
from tests.browser.test_pages import PHONE, grave_faults
from tests.builders import (
    SOUTH,
    WEST,
    add_person,
    add_programme,
    add_rule,
    add_units,
    publish_city,
)
from tests.conftest import PASSWORD, Databases
from tests.pictures import photo

STOPS = 16
ITEMS = [
    {"key": "exit", "kind": "yes_no", "zh": "出口", "en": "Is the exit free?"},
    {"key": "view", "kind": "photo", "zh": "出口照片", "en": "The exit"},
]


@pytest.fixture(scope="module")
def address(databases: Databases, settings: Settings) -> Iterator[str]:
    """A server over a block with many stops."""
    name = databases.copy()
    opened = Database(databases.app_dsn(name), settings=settings)
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_units(
            tx, [(WEST + 0.001 * no, SOUTH + 0.0005 * (no % 5)) for no in range(1, 1 + STOPS)]
        )
        add_programme(tx, "fire", {"weekly": ITEMS})
        add_rule(tx, "fire", "weekly", period="week", checklist_key="weekly")
        add_person(tx, "chief", "grid_chief", "block:111", PASSWORD)
    opened.close()
    with serving(databases.app_dsn(name), settings) as found:
        yield found
    databases.drop(name)


@pytest.fixture(scope="module")
def page(browser: Browser, address: str, settings: Settings) -> Iterator[Page]:
    context = browser.new_context(
        base_url=address,
        viewport={"width": PHONE[0], "height": PHONE[1]},
        locale="en-GB",
        reduced_motion="reduce",
    )
    # the server's day is a fixed one, and it refuses visits of another
    context.clock.set_fixed_time(settings.now())
    opened = context.new_page()
    opened.goto("/sign-in")
    opened.fill("[name=name]", "chief")
    opened.fill("[name=password]", PASSWORD)
    opened.click("form[action$='/sign-in'] button[type=submit]")
    opened.wait_for_url("**/today")
    yield opened
    context.close()


def picture(name: str = "door.jpg") -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo((2400, 1800), orientation=6)}


def test_one_tap_counts_offers_the_next_and_is_undone(page: Page) -> None:
    count, late = page.locator("#today-count"), page.locator("#today-late")
    expect(count).to_have_text(f"{STOPS} stops")
    expect(late).to_contain_text(f"{STOPS} late")
    first = page.locator(".stop").first
    first.get_by_role("button", name="Normal").click()
    expect(first.locator(".stop-said")).to_have_text("Recorded: normal")
    expect(count).to_have_text(f"{STOPS - 1} stops")
    expect(late).to_contain_text(f"{STOPS - 1} late")
    expect(first.locator(".stop-next")).to_have_text(re.compile(r"^Next: Unit u\d+ · \d+ m$"))
    first.locator(".stop-next").click()
    expect(page.locator(":focus")).to_have_text(re.compile("Normal"))
    first.get_by_role("button", name="Undo").click()
    expect(count).to_have_text(f"{STOPS} stops")
    expect(late).to_contain_text(f"{STOPS} late")


def test_what_is_not_normal_goes_with_words_and_a_photo(page: Page) -> None:
    page.goto("/today")
    page.locator(".stop").first.get_by_role("link", name="Other").click()
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Put right on the spot").click()
    expect(page.locator("#note")).to_have_value("Put right on the spot")
    page.route("**/api/v1/photos*", lambda route: route.abort())
    page.locator("input[type=file]").first.set_input_files(picture())
    expect(page.locator(".photo-trouble")).to_contain_text("the network does not answer")
    page.get_by_role("button", name="Record the visit").click()
    expect(page.locator("#form-said")).to_contain_text("Nothing is lost")
    page.unroute("**/api/v1/photos*")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("[data-item=photo] input[type=hidden]")).to_have_count(1)
    page.locator("input[type=file]").last.set_input_files([picture("a.jpg"), picture("b.jpg")])
    expect(page.locator("input[type=hidden][name=photos]")).to_have_count(2)
    page.get_by_role("button", name="Remove").last.click()
    assert grave_faults(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_role("button", name="Record the visit").click()
    expect(page.locator(".note-good")).to_contain_text("recorded as “Done”")
    expect(page.locator(".note-good a").first).to_have_text(re.compile(r"^Next: Unit"))


def test_photos_are_enlarged_by_click_and_keys(page: Page) -> None:
    page.locator(".done-list").get_by_role("link", name="Correct").first.click()
    page.get_by_role("link", name="The unit").click()
    thumbnails = page.locator(".thumbnails a")
    expect(thumbnails).to_have_count(2)
    page.wait_for_load_state()  # until its script runs, a link leads to the picture itself
    thumbnails.first.focus()
    page.keyboard.press("Enter")
    viewer = page.locator("#viewer")
    expect(viewer).to_be_visible()
    expect(viewer.locator("img")).to_have_attribute("alt", "Photo 1 of 2")
    # turned upright, as the phone was held
    expect(viewer.locator("img")).to_have_js_property("naturalWidth", 1200)
    page.keyboard.press("ArrowRight")
    expect(viewer.locator("img")).to_have_attribute("alt", "Photo 2 of 2")
    assert grave_faults(page) == []
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(thumbnails.nth(1)).to_be_focused()


def test_a_visit_is_corrected_with_what_it_said(page: Page) -> None:
    page.goto("/today")
    page.locator(".done-list").get_by_role("link", name="Correct").first.click()
    expect(page.locator("h1")).to_contain_text("correct the visit of")
    expect(page.locator("#note")).to_have_value("Put right on the spot")
    expect(page.get_by_label("No", exact=True)).to_be_checked()
    page.get_by_label("Locked").check()
    page.locator("#note").fill("")
    page.get_by_role("button", name="Nobody there; door locked").click()
    page.get_by_role("button", name="Record the correction").click()
    expect(page.locator(".note-good")).to_contain_text("recorded as “Locked”")
    expect(page.locator("#today-count")).to_have_text(f"{STOPS} stops")


def test_twelve_stops_in_a_row(page: Page) -> None:
    page.goto("/today?order=route")
    for done in range(12):
        stop = page.locator(".stop:not(.stop-done):not([data-tried])").first
        stop.get_by_role("button", name="Normal").click()
        expect(page.locator(".stop-done")).to_have_count(done + 1)
    expect(page.locator("#today-count")).to_have_text(f"{STOPS - 12} stops")
    page.goto("/today")
    expect(page.locator("#today-count")).to_have_text(f"{STOPS - 12} stops")
    expect(page.locator("#done-today")).to_contain_text("13 visits")
