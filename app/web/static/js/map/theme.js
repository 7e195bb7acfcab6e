/* Colours of the map, read from the tokens of the page, and the signs of the units. */
import { drawPointSigns } from "./signs.js";

const ROOT = document.documentElement;
const RATIO = 2;

/** Every --map-… and --coverage-… token as it stands now, light or dark. */
export function readColours() {
  const style = getComputedStyle(ROOT);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    classes: [1, 2, 3, 4, 5, 6].map((number) => token(`coverage-${number}`)),
    noUnits: token("coverage-none"),
    land: token("map-land"),
    veil: token("map-veil"),
    water: token("map-water"),
    waterText: token("map-water-text"),
    road: token("map-road"),
    roadCase: token("map-road-case"),
    border: token("map-border"),
    selected: token("map-selected"),
    text: token("map-text"),
    halo: token("map-halo"),
    unit: token("map-unit"),
    unitEdge: token("map-unit-edge"),
    hazards: token("map-hazard"),
    facilities: token("map-facility"),
    buildings: token("map-building"),
    places: token("map-place"),
    roads: token("map-target-road"),
    residents: token("map-resident"),
    late: token("map-late"),
  };
}

/** Call when the reader's system turns light or dark. */
export function onThemeChange(work) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", work);
}

/** A full disc: inspected; a ring: not yet; a large disc: several units. */
export function drawSigns(colours) {
  return {
    "unit-inspected": disc(7, colours.unit, colours.unitEdge, 1.5),
    "unit-open": disc(7, colours.unitEdge, colours.unit, 2.5),
    cluster: disc(16, colours.unit, colours.unitEdge, 2),
    ...drawPointSigns(colours),
  };
}

function disc(radius, fill, edge, width) {
  const side = (radius * 2 + 2) * RATIO;
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d");
  pen.scale(RATIO, RATIO);
  pen.beginPath();
  pen.arc(radius + 1, radius + 1, radius - width / 2, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = width;
  pen.strokeStyle = edge;
  pen.stroke();
  return pen.getImageData(0, 0, side, side);
}

export const SIGN_OPTIONS = { pixelRatio: RATIO };
