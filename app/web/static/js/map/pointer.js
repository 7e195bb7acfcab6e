/* Mouse, finger and keyboard on the map. */
import { context, element, formatNumber, formatRate, nameOf, say } from "./context.js";
import {
  clusterWords, LAYER_KEYS, pointLayerIds, pointWords, sourceOfLayer,
} from "./layers.js";
import { DEEPEST_ZOOM } from "./levels.js";
import { sourceOf } from "./style.js";

const tooltip = document.getElementById("tooltip");
const crosshair = document.getElementById("crosshair");
const ZOOM_INTO_CLUSTER = 2;
const POINTS = ["cluster", "unit", ...LAYER_KEYS.flatMap(pointLayerIds)];

export class Pointer {
  #view;
  #map;
  #hovered = null;

  constructor(view) {
    this.#view = view;
    this.#map = view.map;
    this.#map.doubleClickZoom.disable();          // a double click goes one level deeper
    this.#map.on("mousemove", (event) => this.#hover(event.point));
    this.#map.on("mouseout", () => this.#leave());
    this.#map.on("movestart", () => this.#leave());
    this.#map.on("click", (event) => this.#click(event));
    this.#map.on("dblclick", (event) => this.#drill(event.point));
    const canvas = this.#map.getCanvas();
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => { crosshair.hidden = !canvas.matches(":focus-visible"); });
    canvas.addEventListener("blur", () => { crosshair.hidden = true; });
  }

  /** The grid of the level shown under a point of the screen. */
  gridAt(point) {
    const layers = [`fill-${this.#view.level.key}`];
    return this.#map.queryRenderedFeatures(point, { layers })[0] ?? null;
  }

  #unitAt({ x, y }) {
    const reach = 6;                              // px: a thumb is wider than a point
    const box = [[x - reach, y - reach], [x + reach, y + reach]];
    return this.#map.queryRenderedFeatures(box, { layers: POINTS })[0] ?? null;
  }

  #click({ point, originalEvent }) {
    if (originalEvent.detail > 1) return;         // the second half of a double click
    const unit = this.#unitAt(point);
    if (unit && unit.properties.count) return this.#openCluster(unit);
    const layer = unit && layerOf(unit);
    if (layer) return this.#view.choosePoint(layer, { ...unit.properties, no: unit.id });
    if (unit) return this.#view.chooseUnit({ ...unit.properties, no: unit.id });
    const grid = this.gridAt(point);
    if (grid) this.#view.choose(this.#view.referenceOf(grid));
    else this.#view.close();
    return undefined;
  }

  #openCluster(cluster) {
    const zoom = Math.min(this.#map.getZoom() + ZOOM_INTO_CLUSTER, DEEPEST_ZOOM);
    this.#map.easeTo({ center: cluster.geometry.coordinates, zoom });
  }

  #drill(point) {
    const grid = this.gridAt(point);
    if (grid) this.#view.drillInto(this.#view.referenceOf(grid));
  }

  #key(event) {
    if (event.key === "Escape") return this.#view.goUp();
    if (event.key !== "Enter" && event.key !== " ") return undefined;
    event.preventDefault();
    const grid = this.gridAt(this.#map.project(this.#map.getCenter()));
    if (!grid) return undefined;
    const reference = this.#view.referenceOf(grid);
    return event.key === "Enter" ? this.#view.drillInto(reference) : this.#view.choose(reference);
  }

  #hover(point) {
    const unit = this.#unitAt(point);
    const grid = unit ? null : this.gridAt(point);
    this.#map.getCanvas().style.cursor = unit || grid ? "pointer" : "";
    this.#mark(grid);
    if (!unit && !grid) return this.#leave();
    this.#write(unit ? wordsOf(unit) : this.#gridWords(grid));
    return this.#place(point);
  }

  #gridWords(grid) {
    const figures = this.#view.coverage.of(grid.id);
    const name = nameOf(grid.properties);
    if (!figures) return [name, say(context.whole_city ? "loading" : "outside")];
    const [units, inspected] = figures;
    if (units === 0) return [name, say("noUnitsHere")];
    if (units === 1) return [name, say(inspected ? "hoverOneDone" : "hoverOneOpen")];
    return [name, say("hover", { rate: formatRate(inspected, units), units: formatNumber(units) })];
  }

  #write([title, words]) {
    tooltip.replaceChildren(element("strong", {}, title), element("span", {}, words));
    tooltip.hidden = false;
  }

  /** Beside the pointer, and inside the map. */
  #place({ x, y }) {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const left = x + 14 + tooltip.offsetWidth > clientWidth ? x - 14 - tooltip.offsetWidth : x + 14;
    const top = Math.min(y + 14, clientHeight - tooltip.offsetHeight - 4);
    tooltip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  #mark(grid) {
    const level = this.#view.level.key;
    if (this.#hovered?.id === grid?.id && this.#hovered?.level === level) return;
    this.#setHover(false);
    this.#hovered = grid ? { id: grid.id, level } : null;
    this.#setHover(true);
  }

  #setHover(hover) {
    if (!this.#hovered) return;
    const { level, id } = this.#hovered;
    this.#map.setFeatureState({ source: sourceOf(level), sourceLayer: "grids", id }, { hover });
  }

  #leave() {
    tooltip.hidden = true;
    this.#mark(null);
  }
}

/** The layer of points that a feature belongs to; null for units. */
const layerOf = ({ source }) => LAYER_KEYS.find((key) => sourceOfLayer(key) === source) ?? null;

function wordsOf(feature) {
  const key = layerOf(feature);
  if (!key) return unitWords(feature.properties);
  if (feature.properties.count) return clusterWords(key, feature.properties);
  return [feature.properties.name, pointWords(key, feature.properties)];
}

function unitWords(unit) {
  if (unit.count === 1) return [say("clusterOfOne"), ""];
  if (unit.count) return [say("cluster", { count: formatNumber(unit.count) }), ""];
  return [unit.name, say(unit.inspected ? "inspected" : "notInspected")];
}
