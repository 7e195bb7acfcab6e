/* The map's style: paper land, coverage, quiet water and roads, borders, names, units. */
import { context, english } from "./context.js";
import { fontFaces } from "./fonts.js";
import { pointLayers, pointSources, shapeLayers, shiftPaint, UNITS } from "./layers.js";
import { bandOf, DEEPEST_ZOOM, unitsShownFrom } from "./levels.js";

const { levels, edition } = context;
const origin = location.origin;
const EMPTY = { type: "FeatureCollection", features: [] };
const FAMILIES = ["-apple-system", "Segoe UI", "Roboto", "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", "Noto Sans SC Variable"];
// The weight is taken from the name of the first family, which need not exist.
const FONT = ["Gridward Medium", ...FAMILIES];
const FONT_STRONG = ["Gridward Semibold", ...FAMILIES];
const NAME = english ? ["coalesce", ["get", "name_en"], ["get", "name"]] : ["get", "name"];
// In the middle, else beside whatever stands there: in ems, nearest first.
const NAME_PLACES = ["center", [0, 0], "top", [0, 0.9], "bottom", [0, -0.9], "left", [1.2, 0],
  "right", [-1.2, 0], "top", [0, 2], "bottom", [0, -2]];
const STATE_CLASS = ["coalesce", ["feature-state", "class"], -1];

export const sourceOf = (key) => `grids-${key}`;
export const unitTiles = (on) =>
  [`${origin}/tiles/units/{z}/{x}/{y}.mvt?on=${on}&days=${context.days}`];

/** The whole style for a set of colours, a day and the layers of points that are shown. */
export function buildStyle(colours, on, shown) {
  return { version: 8, ...fontFaces(), sources: buildSources(on), layers: buildLayers(colours, shown) };
}

function buildSources(on) {
  const tiles = (path, version) =>
    [`${origin}/tiles/${path}/{z}/{x}/{y}.mvt?v=${encodeURIComponent(version)}`];
  const sources = {
    units: { type: "vector", tiles: unitTiles(on), maxzoom: 16 },
    selection: { type: "geojson", data: EMPTY },
    ...pointSources(on),
  };
  if (context.has_backdrop) sources.backdrop = { type: "vector", tiles: tiles("backdrop", context.backdrop), maxzoom: 15 };
  for (const { key } of levels) {
    const path = `grids/${encodeURIComponent(edition.name)}/${encodeURIComponent(key)}`;
    sources[sourceOf(key)] = { type: "vector", tiles: tiles(path, edition.digest), maxzoom: 16 };
  }
  return sources;
}

export function buildLayers(colours, shown) {
  const upwards = levels.map((level, index) => [level, index]).reverse();
  return [
    { id: "land", type: "background", paint: { "background-color": colours.land } },
    ...levels.map((level, index) => fillLayer(level, index, colours)),
    ...backdropLayers(colours),
    ...levels.map((level, index) => veilLayer(level, index, colours)),
    ...upwards.map(([level, index]) => borderLayer(level, index, colours)),
    ...levels.map((level, index) => hoverLayer(level, index, colours)),
    ...selectionLayers(colours),
    ...shapeLayers(colours, shown),
    ...backdropNames(colours),
    ...levels.map((level, index) => labelLayer(level, index, colours)),
    ...unitLayers(colours, shown),
    ...pointLayers(colours, { plain: FONT, strong: FONT_STRONG }, shown),
  ];
}

/** Common to every layer of a level: where it comes from and when it shows. */
function gridLayer(kind, type, { key }, index) {
  const [minzoom, maxzoom] = bandOf(index);
  return {
    id: `${kind}-${key}`, type, source: sourceOf(key), minzoom, maxzoom,
    "source-layer": kind === "label" ? "labels" : "grids",
  };
}

function fillLayer(level, index, colours) {
  const steps = colours.classes.flatMap((colour, number) => [number, colour]);
  return {
    ...gridLayer("fill", "fill", level, index),
    paint: {
      "fill-color": ["match", STATE_CLASS, ...steps, 6, colours.noUnits, colours.land],
      "fill-antialias": false,      // borders are drawn on their own; seams would shimmer
    },
  };
}

function veilLayer(level, index, colours) {
  return {
    ...gridLayer("veil", "fill", level, index),
    paint: {
      "fill-color": colours.veil, "fill-antialias": false,
      "fill-opacity": veilOpacity(level.key, null),
    },
  };
}

/** Pale outside the reader's territory, a little paler than before around the chosen grid. */
export function veilOpacity(key, focus) {
  const outside = ["==", STATE_CLASS, -1];
  const depth = focus ? levels.findIndex((level) => level.key === key)
    - levels.findIndex((level) => level.key === focus.level) : null;
  if (depth !== 0 && depth !== 1) return ["case", outside, 0.62, 0];
  const number = depth === 0 ? ["id"] : ["get", "parent"];
  return ["case", outside, 0.62, ["!=", number, focus.no], 0.45, 0];
}

/** Heavier by level: each level above the smallest adds to the width. */
function borderLayer(level, index, colours) {
  const [minzoom] = bandOf(index);
  const rank = Math.min(levels.length - 1 - index, 4);
  return {
    ...gridLayer("border", "line", level, index),
    maxzoom: DEEPEST_ZOOM + 2,
    layout: { "line-join": "round" },
    paint: {
      "line-color": colours.border,
      "line-opacity": 0.4 + 0.12 * rank,
      "line-width": ["interpolate", ["linear"], ["zoom"],
        Math.max(minzoom, 8), 0.7 + 0.35 * rank, Math.max(minzoom, 8) + 3, 1 + 0.8 * rank],
    },
  };
}

function hoverLayer(level, index, colours) {
  return {
    ...gridLayer("hover", "line", level, index),
    layout: { "line-join": "round" },
    paint: {
      "line-color": colours.selected, "line-width": 2,
      "line-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 0.8, 0],
    },
  };
}

function selectionLayers(colours) {
  const line = { type: "line", source: "selection", layout: { "line-join": "round" } };
  return [
    { ...line, id: "selection-halo", paint: { "line-color": colours.halo, "line-width": 6, "line-opacity": 0.7 } },
    { ...line, id: "selection", paint: { "line-color": colours.selected, "line-width": 3 } },
  ];
}

function labelLayer(level, index, colours) {
  const parents = index < levels.length - 1;
  return {
    ...gridLayer("label", "symbol", level, index),
    layout: {
      "text-field": NAME,
      "text-font": parents ? FONT_STRONG : FONT,
      "text-size": ["interpolate", ["linear"], ["zoom"], 8, 12, 16, parents ? 15 : 13],
      "text-max-width": 8,
      "text-padding": 3,
      "text-variable-anchor-offset": NAME_PLACES,
      "symbol-sort-key": ["-", 0, ["coalesce", ["get", "area"], 0]],      // large grids are named first
    },
    paint: {
      "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.6,
      "text-opacity": context.whole_city ? 1
        : ["case", ["boolean", ["feature-state", "own"], false], 1, 0.62],
    },
  };
}

function backdropLayers(colours) {
  if (!context.has_backdrop) return [];
  const road = {
    type: "line", source: "backdrop", "source-layer": "road", minzoom: 9,
    layout: { "line-join": "round", "line-cap": "round" },
    filter: ["<=", ["get", "rank"], ["step", ["zoom"], 1, 12, 2, 13.5, 3]],
  };
  const width = (extra) => ["interpolate", ["exponential", 1.6], ["zoom"],
    10, ["+", extra * 0.6, ["match", ["get", "rank"], 1, 0.9, 2, 0.5, 0.3]],
    17, ["+", extra, ["match", ["get", "rank"], 1, 11, 2, 7, 4]]];
  return [
    { id: "water", type: "fill", source: "backdrop", "source-layer": "water",
      paint: { "fill-color": colours.water } },
    { ...road, id: "road-case", paint: { "line-color": colours.roadCase, "line-width": width(1.4), "line-opacity": 0.7 } },
    { ...road, id: "road", paint: { "line-color": colours.road, "line-width": width(0), "line-opacity": 0.8 } },
  ];
}

function backdropNames(colours) {
  if (!context.has_backdrop) return [];
  const paint = { "text-halo-color": colours.halo, "text-halo-width": 1.2 };
  return [
    { id: "water-name", type: "symbol", source: "backdrop", "source-layer": "water", minzoom: 10,
      layout: { "text-field": NAME, "text-font": FONT, "text-size": 12, "text-padding": 24 },
      paint: { ...paint, "text-color": colours.waterText, "text-halo-color": colours.water, "text-halo-width": 3 } },
    { id: "road-name", type: "symbol", source: "backdrop", "source-layer": "road", minzoom: 15,
      layout: { "symbol-placement": "line", "text-field": NAME, "text-font": FONT,
        "text-size": 12, "symbol-spacing": 420, "text-padding": 12 },
      paint: { ...paint, "text-color": colours.text, "text-opacity": 0.75 } },
  ];
}

function unitLayers(colours, shown) {
  const layer = { type: "symbol", source: "units", "source-layer": "units", minzoom: unitsShownFrom() };
  const cluster = ["has", "count"];
  const visibility = shown.includes(UNITS) ? "visible" : "none";
  return [
    { ...layer, id: "unit", filter: ["!", cluster],
      layout: {
        visibility,
        "icon-image": ["case", ["==", ["get", "inspected"], 1], "unit-inspected", "unit-open"],
        "icon-allow-overlap": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 12, 0.75, 16, 1],
        "text-field": ["step", ["zoom"], "", 17, ["get", "name"]],
        "text-font": FONT, "text-size": 12, "text-max-width": 9, "text-optional": true,
        "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.8,
        "text-justify": "auto",
      },
      paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.4 } },
    { ...layer, id: "cluster", filter: cluster,
      layout: {
        visibility,
        "icon-image": "cluster", "icon-allow-overlap": true,
        "icon-size": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1.4, 0.62, 10, 1.05, 30, 1.5],
        "text-field": ["to-string", ["get", "count"]], "text-font": FONT_STRONG,
        "text-size": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1.4, 11, 10, 13, 30, 15],
        "text-allow-overlap": true, "symbol-sort-key": ["get", "count"],
      },
      paint: { "text-color": colours.unitEdge, ...shiftPaint(UNITS, shown) } },
  ];
}
