/* The panel of the chosen grid or unit. */
import { context, element, formatArea, formatDate, formatNumber, nameOf, say, texts } from "./context.js";
import { addressOf, pointWords } from "./layers.js";

const gridPanel = document.getElementById("grid-panel");
const unitPanel = document.getElementById("unit-panel");
const hint = document.getElementById("map-hint");
const CLOSE = "m6 6 12 12M18 6 6 18";

export function hideGrid() {
  gridPanel.hidden = true;
  gridPanel.replaceChildren();
  hint.hidden = false;
}

/** Show a grid's facts; `actions` are choose(reference), drill() and close(). */
export function showGrid(grid, on, actions) {
  hint.hidden = true;
  gridPanel.replaceChildren(...[
    head(element("p", { class: "hint" }, grid.level_name), nameOf(grid), texts.closeGrid, actions.close),
    trail(grid, actions.choose),
    grid.own && grid.units !== null ? figures(grid, on)
      : element("p", { class: "note" }, say("notYourArea")),
    facts(grid),
    drillButton(grid, actions.drill),
  ].filter(Boolean));
  gridPanel.hidden = false;
}

function head(above, title, closeLabel, close) {
  const button = element("button", { type: "button", class: "button button-plain button-icon",
    title: closeLabel, "aria-label": closeLabel, onclick: close });
  button.append(strokeIcon(CLOSE));
  return element("div", { class: "panel-head" },
    element("div", {}, above, element("h2", {}, title)), button);
}

function strokeIcon(path) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
}

/** The grids above, each a link; the address works without this script too. */
function trail(grid, choose) {
  const above = grid.chain.filter(({ reference }) => reference !== grid.reference);
  if (above.length === 0) return null;
  const steps = above.map((step) => element("li", {}, element("a", {
    href: `/map?grid=${encodeURIComponent(step.reference)}`,
    onclick: (event) => { event.preventDefault(); choose(step.reference); },
  }, nameOf(step))));
  return element("nav", { "aria-label": say("part") }, element("ul", { class: "trail" }, ...steps));
}

function figures(grid, on) {
  const list = (state) => "/units?" + new URLSearchParams({
    within: grid.reference, on, days: context.days, state });
  const cell = (count, label, state) => element("li", {}, element("a", { href: list(state) },
    element("strong", {}, formatNumber(count)), element("small", {}, label)));
  return element("ul", { class: "figures" },
    cell(grid.units, say("units"), "all"),
    cell(grid.inspected, say("inspected"), "inspected"),
    cell(grid.units - grid.inspected, say("notInspected"), "not_inspected"));
}

function facts(grid) {
  const rows = [[say("answers"), people(grid)]];
  if (grid.own) {
    rows.push([say("lastInspection"), grid.last_inspection ? formatDate(grid.last_inspection) : say("never")]);
    if (grid.without_grid_below) rows.push([say("withoutGrid"),
      withoutGridBelow(grid)]);
  }
  rows.push([say("area"), formatArea(grid.area_m2)]);
  return element("dl", { class: "facts" }, ...rows.flatMap(([term, value]) =>
    [element("dt", {}, term), element("dd", {}, value)]));
}

/** How many, and for who may look at them the list with this grid's row. */
function withoutGridBelow(grid) {
  const words = say("withoutGridUnits", { count: formatNumber(grid.without_grid_below) });
  return context.leftovers
    ? element("a", { href: `/leftovers/no-block#${encodeURIComponent(grid.reference)}` }, words)
    : words;
}

function people(grid) {
  if (!grid.own && grid.answerable.length === 0) return say("notShown");
  if (grid.answerable.length === 0 && grid.missing.length === 0) return say("nobody");
  return element("ul", { class: "people" },
    ...grid.missing.map((role) => element("li", {},
      element("span", { class: "state state-bad" }, say("missing", { role })))),
    ...grid.answerable.map((person) => element("li", {}, person.name + " ",
      element("span", {}, person.role_name + placeOf(person, grid) + absenceOf(person)))));
}

/** Who is away, and who stands in for whom. */
function absenceOf(person) {
  if (person.stands_in_for) return " · " + say("standsIn",
    { name: person.stands_in_for, date: formatDate(person.until) });
  return person.away_until ? " · " + say("away", { date: formatDate(person.away_until) }) : "";
}

/** Named only where somebody answers from above. */
function placeOf(person, grid) {
  if (person.grid === grid.reference) return "";
  const place = grid.chain.find(({ reference }) => reference === person.grid);
  return place ? ` · ${nameOf(place)}` : "";
}

function drillButton(grid, drill) {
  if (!grid.children) return null;
  const below = context.levels[context.levels.findIndex(({ key }) => key === grid.level) + 1];
  const words = say("children", { count: formatNumber(grid.children), level: below.name });
  return element("p", {}, element("button", { type: "button", class: "button button-first",
    id: "drill", onclick: drill }, words));
}

export function hideUnit() {
  unitPanel.hidden = true;
  unitPanel.replaceChildren();
}

/** A unit as its tile knows it, with the way to its own page. */
export function showUnit(unit, on) {
  const words = say(unit.inspected ? "unitInspected" : "unitNotInspected",
    { days: context.days, date: formatDate(on) });
  unitPanel.replaceChildren(
    head(element("p", { class: "hint" }, say("units")), unit.name, texts.closeUnit, hideUnit),
    element("p", { class: `state state-${unit.inspected ? "done" : "open"}` }, element("span", {}, words)),
    element("p", {}, element("a", { class: "button button-first", href: `/units/${unit.no}` }, say("openUnit"))),
  );
  unitPanel.hidden = false;
}

/** A point of another layer as its tile knows it, with the way to its own page. */
export function showPoint(key, point) {
  const bad = point.overdue || ["faulty", "out_of_service", "reported"].includes(point.state);
  unitPanel.replaceChildren(...[
    head(element("p", { class: "hint" }, say(key)), point.name, texts.closeUnit, hideUnit),
    element("p", { class: `state state-${bad ? "bad" : "done"}` },
      element("span", {}, pointWords(key, point))),
    point.grid ? element("p", { class: "hint" }, placeName(point)) : null,
    element("p", {}, element("a", { class: "button button-first", href: addressOf(key, point) },
      say(point.grid ? "openResidents" : "openPoint"))),
  ].filter(Boolean));
  unitPanel.hidden = false;
}

const placeName = ({ grid, grid_name, grid_name_en }) =>
  nameOf({ code: grid, name: grid_name, name_en: grid_name_en });
