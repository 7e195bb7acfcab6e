/* Layers of points beside the units: which there are, how they look and what they say. */
import { context, element, formatNumber, say } from "./context.js";
import { FACILITY_SHAPES, drawPointSigns, signElement } from "./signs.js";

const SETTLED = ["closed", "dismissed"];
const BROKEN = ["faulty", "out_of_service"];
const DRAWN = Object.keys(FACILITY_SHAPES);
export const UNITS = "units";
export const LAYER_KEYS = context.layers.map(({ key }) => key);

const wordsOf = (key) => context.layers.find((layer) => layer.key === key);
export const sourceOfLayer = (key) => `points-${key}`;
export const pointTiles = (key, on) => [`${location.origin}/tiles/${key}/{z}/{x}/{y}.mvt?on=${on}`];

// Pixels by which the counts of a layer move aside while other counts are shown too.
const SHIFTS = { [UNITS]: [0, -13], hazards: [-14, 5], facilities: [0, 15], buildings: [14, 5], places: [-14, -11],
  roads: [14, -11] };

/** Counts of several layers stand side by side, around the place that each has alone. */
export function shiftPaint(key, shown) {
  const several = shown.filter((one) => one in SHIFTS).length > 1;
  const shift = several ? SHIFTS[key] : [0, 0];
  return { "icon-translate": shift, "text-translate": shift };
}

/** Which sign a single point has. */
const SIGN = {
  hazards: ["concat", "hazards-", ["case",
    ["in", ["get", "state"], ["literal", SETTLED]], "settled",
    ["==", ["get", "state"], "reported"], "reported", "open"]],
  facilities: ["concat", "facilities-",
    ["case", ["in", ["get", "class"], ["literal", DRAWN]], ["get", "class"], "other"], "-",
    ["case", ["==", ["get", "overdue"], 1], "late",
      ["in", ["get", "state"], ["literal", BROKEN]], "faulty", "ok"]],
  buildings: "buildings",
  places: "places",
  roads: "roads",
};
const PLAIN = ["buildings", "places", "roads"];    // one sign, whatever the class
// Counts of persons: nothing further out, as the server has it; nearer by the same tiles.
const PERSONS = "residents";
const PERSONS_ZOOMS = { minzoom: 13, maxzoom: 14 };

export function pointSources(on) {
  return Object.fromEntries(LAYER_KEYS.map((key) =>
    [sourceOfLayer(key), { type: "vector", tiles: pointTiles(key, on),
      ...key === PERSONS ? PERSONS_ZOOMS : { maxzoom: 16 } }]));
}

const shapesOf = (key) => wordsOf(key).shapes ?? [];

export const pointLayerIds = (key) =>
  key === PERSONS ? [`point-${key}`]
    : [`point-${key}`, `cluster-${key}`, ...shapesOf(key).map((kind) => `${kind}-${key}`)];

const ofType = (type) => ["in", ["geometry-type"], ["literal", [type, `Multi${type}`]]];

/** Lines and areas as they lie on the ground, below the signs of all layers. */
export function shapeLayers(colours, visible) {
  return LAYER_KEYS.flatMap((key) => shapesOf(key).map((kind) => {
    const layer = { id: `${kind}-${key}`, source: sourceOfLayer(key), "source-layer": "shapes",
      layout: { visibility: visible.includes(key) ? "visible" : "none" } };
    if (kind === "area") {
      return { ...layer, type: "fill", filter: ofType("Polygon"),
        paint: { "fill-color": colours[key], "fill-opacity": 0.25,
          "fill-outline-color": colours[key] } };
    }
    return { ...layer, type: "line", filter: ofType("LineString"),
      layout: { ...layer.layout, "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colours[key], "line-opacity": 0.75,
        "line-width": ["interpolate", ["linear"], ["zoom"], 13, 2, 17, 6] } };
  }));
}

/** Two map layers for each: single points, and circles with a number from afar. */
export function pointLayers(colours, fonts, visible) {
  return LAYER_KEYS.flatMap((key) => {
    const layer = { type: "symbol", source: sourceOfLayer(key), "source-layer": "points" };
    const shown = { visibility: visible.includes(key) ? "visible" : "none" };
    if (key === PERSONS) return [personsLayer(layer, shown, colours, fonts)];
    return [
      { ...layer, id: `point-${key}`, filter: ["!", ["has", "count"]],
        layout: {
          ...shown, "icon-image": SIGN[key], "icon-allow-overlap": true,
          "icon-size": ["interpolate", ["linear"], ["zoom"], 13, 0.8, 16, 1.1],
          "text-field": ["step", ["zoom"], "", 17.5, ["get", "name"]],
          "text-font": fonts.plain, "text-size": 12, "text-max-width": 9, "text-optional": true,
          "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.9,
        },
        paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.4 } },
      { ...layer, id: `cluster-${key}`, filter: ["has", "count"],
        layout: {
          ...shown, "icon-image": `cluster-${key}`, "icon-allow-overlap": true,
          "icon-size": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 0.6, 10, 1, 30, 1.4],
          "text-field": ["to-string", ["get", "count"]], "text-font": fonts.strong,
          "text-size": 12, "text-allow-overlap": true, "symbol-sort-key": ["get", "count"],
        },
        paint: { "text-color": colours.unitEdge, ...shiftPaint(key, visible) } },
    ];
  });
}

/** A house with the number of persons in it; where houses are close the fullest are drawn first. */
function personsLayer(layer, shown, colours, fonts) {
  return {
    ...layer, id: `point-${PERSONS}`, minzoom: PERSONS_ZOOMS.minzoom,
    layout: {
      ...shown, "icon-image": PERSONS, "icon-padding": 0,
      "text-field": ["get", "told"], "text-font": fonts.strong, "text-size": 12,
      "text-offset": [0, 0.25], "text-padding": 0,
      "symbol-sort-key": ["-", 0, ["coalesce", ["get", "persons"], 0]],
    },
    paint: { "text-color": colours.residents },
  };
}

/** What is told of the persons in a building; who sees households is told of them as well. */
function personsWords({ told, persons, households }) {
  const words = persons === undefined ? say(told.startsWith("<") ? "personsFew" : "personsUntold")
    : persons === 1 ? say("personsOne") : say("persons", { count: formatNumber(persons) });
  if (!households) return words;
  return `${words} · ${households === 1 ? say("householdsOne")
    : say("households", { count: formatNumber(households) })}`;
}

/** Where the list of a point opens: its own page, or the list of residents of a building. */
export function addressOf(key, point) {
  if (key !== PERSONS) return `/${key}/${point.no}`;
  return "/residents?" + new URLSearchParams({ within: point.grid, building: point.name });
}

/** What a point is and how it is, in the reader's words. */
export function pointWords(key, point) {
  if (key === PERSONS) return personsWords(point);
  const { classes, states } = wordsOf(key);
  return [
    classes[point.class] ?? point.class,
    point.state ? states[point.state] ?? point.state : null,
    point.floors ? say("floors", { count: formatNumber(point.floors) }) : null,
    point.overdue ? say("testOverdue") : null,
  ].filter(Boolean).join(" · ");
}

export function clusterWords(key, { count, marked }) {
  const words = say(`${key}Here`, { count: formatNumber(count) });
  if (PLAIN.includes(key) || !marked) return [words, ""];
  return [words, say(`${key}Marked`, { count: formatNumber(marked) })];
}

/** Signs and words of one layer, for the legend. */
export function legendOf(key, colours) {
  const signs = drawPointSigns(colours);
  if (key === PERSONS) return legendOfPersons(signs[PERSONS]);
  const { classes, states } = wordsOf(key);
  const entries = {
    hazards: () => [["hazards-reported", states.reported],
      ["hazards-open", `${states.open}, ${states.corrected}`],
      ["hazards-settled", `${states.closed}, ${states.dismissed}`]],
    facilities: () => [
      ...DRAWN.map((name) => [`facilities-${name}-ok`, classes[name]]),
      ["facilities-other-faulty", `${states.faulty}, ${states.out_of_service}`],
      ["facilities-other-late", say("testOverdue")]],
    buildings: () => [["buildings", say("building")]],
    places: () => [["places", say("place")]],
    roads: () => [["roads", say("road")]],
  }[key]();
  return [...entries, [`cluster-${key}`, say("several")]].map(([sign, words]) =>
    element("li", {}, signElement(signs[sign]), element("span", {}, words)));
}

function legendOfPersons(sign) {
  const hidden = wordsOf(PERSONS).own ? [] : [["<5", say("legendFew")], ["–", say("legendUntold")]];
  const row = (mark, words) => element("li", {}, mark, element("span", {}, words));
  return [
    row(signElement(sign), say(wordsOf(PERSONS).own ? "legendOwnPersons" : "legendPersons")),
    ...hidden.map(([text, words]) =>
      row(element("span", { class: "mark", "aria-hidden": "true" }, text), words)),
    element("li", { class: "hint" }, say("legendNearBy")),
  ];
}
