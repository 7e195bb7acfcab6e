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
};

export function pointSources(on) {
  return Object.fromEntries(LAYER_KEYS.map((key) =>
    [sourceOfLayer(key), { type: "vector", tiles: pointTiles(key, on), maxzoom: 16 }]));
}

export const pointLayerIds = (key) => [`point-${key}`, `cluster-${key}`];

/** Two map layers for each: single points, and circles with a number from afar. */
export function pointLayers(colours, fonts, visible) {
  return LAYER_KEYS.flatMap((key) => {
    const layer = { type: "symbol", source: sourceOfLayer(key), "source-layer": "points" };
    const shown = { visibility: visible.includes(key) ? "visible" : "none" };
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
        paint: { "text-color": colours.unitEdge } },
    ];
  });
}

/** What a point is and how it is, in the reader's words. */
export function pointWords(key, point) {
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
  if (key === "buildings" || !marked) return [words, ""];
  return [words, say(`${key}Marked`, { count: formatNumber(marked) })];
}

/** Signs and words of one layer, for the legend. */
export function legendOf(key, colours) {
  const signs = drawPointSigns(colours);
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
  }[key]();
  return [...entries, [`cluster-${key}`, say("several")]].map(([sign, words]) =>
    element("li", {}, signElement(signs[sign]), element("span", {}, words)));
}
