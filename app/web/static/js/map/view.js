/* The state of the map and everything that changes it. */
import { readAddress, writeAddress } from "./address.js";
import { drillCamera, gridCamera, homeCamera, keepInSight } from "./camera.js";
import { context, say } from "./context.js";
import { Coverage } from "./coverage.js";
import {
  LAYER_KEYS, legendOf, pointLayerIds, pointTiles, shiftPaint, sourceOfLayer, UNITS,
} from "./layers.js";
import { bandOf, DEEPEST_ZOOM, levelBelow, levelOf, ownLevel, shownLevel } from "./levels.js";
import { askJson, orBanner } from "./network.js";
import { hideGrid, hideUnit, showGrid, showPoint, showUnit } from "./panel.js";
import { openSheet } from "./sheet.js";
import { buildLayers, unitTiles, veilOpacity } from "./style.js";
import { showCounts, showDefinition, showFirstLine, writeDays } from "./summary.js";
import { TableView } from "./table_view.js";
import { drawSigns, readColours } from "./theme.js";

const dateField = document.getElementById("date");
const levelField = document.getElementById("level");
const NOTHING = { type: "FeatureCollection", features: [] };
const KINDS = ["fill", "veil", "hover", "label"];
// How far somebody zooms out before a level that a drill-down picked is given back.
const GIVE_BACK_ZOOMS = 0.6;

export class MapView {
  #grid = null;               // properties of the chosen grid
  #asking = null;
  #giveBackBelow = null;

  constructor(map, state) {
    this.map = map;
    this.state = state;
    this.coverage = new Coverage(map);
    this.table = new TableView();
  }

  get level() {
    return shownLevel(this.state, this.map.getZoom());
  }

  referenceOf(feature) {
    return `${this.level.key}:${feature.properties.code}`;
  }

  /** Everything as the state says; resolves when the figures are painted. */
  async start() {
    if (!this.state.level && !this.state.grid && !this.state.at) this.#beginWithOwnLevel();
    this.#applyLevel();
    writeDays();
    showDefinition(this.state.on);
    this.#writeLegend();
    const { grid, at } = this.state;
    delete this.state.at;
    await Promise.all([this.refresh(), grid ? this.choose(grid, { push: false, open: false }) : null]);
    if (this.#grid && !at) this.#lookAtGrid(0);
  }

  /** Figures, first line and table of what is shown now. */
  async refresh() {
    const { on } = this.state;
    const level = this.level.key;
    this.#nameAutomaticLevel();
    this.table.show(level, on, this.#withinOfTable());
    const painted = await orBanner(this.coverage.show(level, on));
    if (!painted) return;
    showCounts(this.coverage.counts);
    showFirstLine(on, this.#grid, this.coverage.total);
  }

  #withinOfTable() {
    const below = this.#grid && levelBelow(this.#grid.level);
    return below && below.key === this.level.key ? this.#grid.reference : null;
  }

  #nameAutomaticLevel() {
    levelField.value = this.state.level ?? "";
    const automatic = levelField.options[0];
    const words = say("auto", { level: shownLevel({ level: null }, this.map.getZoom()).name });
    if (automatic.textContent !== words) automatic.textContent = words;
  }

  // -- what a person chooses ----------------------------------------------------------------

  async choose(reference, { push = true, open = true } = {}) {
    if (this.#grid?.reference === reference && this.#grid.on === this.state.on) return this.#grid;
    this.#asking?.abort();
    this.#asking = new AbortController();
    const query = new URLSearchParams({ on: this.state.on, days: context.days });
    const address = `/api/v1/grids/${encodeURIComponent(reference)}?${query}`;
    const answer = await orBanner(askJson(address, this.#asking.signal));
    if (!answer) return null;
    this.state.grid = answer.properties.reference;
    this.#grid = { ...answer.properties, on: this.state.on };
    this.map.getSource("selection").setData(answer);
    this.#showGrid(open);
    writeAddress(this.state, this.map, { push });
    return this.#grid;
  }

  #showGrid(open) {
    hideUnit();
    showGrid(this.#grid, this.state.on, {
      choose: async (reference) => { await this.choose(reference); this.#lookAtGrid(); },
      drill: () => this.#drill(),
      close: () => this.close(),
    });
    if (open) {
      openSheet(true);
      keepInSight(this.map, this.#grid.bounds);
    }
    this.#focusVeil();
    showFirstLine(this.state.on, this.#grid, this.coverage.total);
    this.table.show(this.level.key, this.state.on, this.#withinOfTable());
  }

  choosePoint(key, point) {
    showPoint(key, point);
    openSheet(true);
  }

  chooseUnit(unit) {
    showUnit(unit, this.state.on);
    openSheet(true);
  }

  close({ push = true } = {}) {
    this.#asking?.abort();
    hideUnit();
    hideGrid();
    openSheet(false);
    if (!this.#grid) return;
    this.#grid = null;
    this.state.grid = null;
    this.map.getSource("selection").setData(NOTHING);
    this.#focusVeil();
    showFirstLine(this.state.on, null, this.coverage.total);
    this.refresh();
    writeAddress(this.state, this.map, { push });
  }

  /** Choose a grid and show the grids in it. */
  async drillInto(reference) {
    if (await this.choose(reference, { open: false })) this.#drill();
  }

  #drill() {
    const { camera, pick } = drillCamera(this.map, this.#grid);
    openSheet(false);
    this.#giveBackBelow = pick ? camera.zoom - GIVE_BACK_ZOOMS : null;
    this.#setLevel(pick);
    this.map.easeTo({ ...camera, duration: 500 });
  }

  #lookAtGrid(duration = 500) {
    const camera = gridCamera(this.map, this.#grid.bounds);
    const shown = shownLevel({ level: null }, camera.zoom);
    const { depth } = levelOf(this.#grid.level);
    this.#giveBackBelow = null;
    this.#setLevel(shown.depth < depth ? this.#grid.level : null);
    this.map.easeTo({ ...camera, duration });
  }

  /** To the grid above, or out of the chosen one. */
  async goUp() {
    const above = this.#grid?.chain.at(-2);
    if (!above) {
      this.close();
      this.goHome();
    } else if (await this.choose(above.reference, { open: false })) {
      this.#drill();
    }
  }

  goHome() {
    this.#giveBackBelow = null;
    this.#setLevel(null);
    this.#beginWithOwnLevel();
    this.#applyLevel();
    this.map.easeTo({ ...homeCamera(this.map), duration: 500 });
  }

  /** A wide block is shown as the reader's own, not as a part of the foreign grid around it. */
  #beginWithOwnLevel() {
    const own = ownLevel();
    const { zoom } = homeCamera(this.map);
    if (!own || shownLevel({ level: null }, zoom).depth >= own.depth) return;
    this.#giveBackBelow = zoom - GIVE_BACK_ZOOMS;
    this.state.level = own.key;
  }

  pickLevel(key) {
    this.#giveBackBelow = null;
    this.#setLevel(key);
    this.refresh();
    writeAddress(this.state, this.map, { push: true });
  }

  setDate(on) {
    this.#showDate(on);
    hideUnit();
    this.refresh();
    if (this.state.grid) this.choose(this.state.grid, { push: false, open: false });
    writeAddress(this.state, this.map, { push: true });
  }

  #showDate(on) {
    this.state.on = on;
    dateField.value = on;
    showDefinition(on);
    this.map.getSource("units").setTiles(unitTiles(on));
    for (const key of LAYER_KEYS) this.map.getSource(sourceOfLayer(key)).setTiles(pointTiles(key, on));
  }

  toggleLayer(key) {
    const shown = this.state.layers;
    this.#showLayers([UNITS, ...LAYER_KEYS].filter((one) => shown.includes(one) !== (one === key)));
    writeAddress(this.state, this.map, { push: true });
  }

  /** Which points the map has, which buttons are down and what the legend explains. */
  #showLayers(layers) {
    this.state.layers = layers;
    const ids = { [UNITS]: ["unit", "cluster"] };
    for (const key of LAYER_KEYS) ids[key] = pointLayerIds(key);
    for (const [key, names] of Object.entries(ids)) {
      const visibility = layers.includes(key) ? "visible" : "none";
      for (const id of names) {
        this.map.setLayoutProperty(id, "visibility", visibility);
        if (!id.startsWith("cluster")) continue;
        for (const entry of Object.entries(shiftPaint(key, layers))) this.map.setPaintProperty(id, ...entry);
      }
    }
    this.#writeLegend();
    hideUnit();
  }

  #writeLegend() {
    const colours = readColours();
    for (const button of document.querySelectorAll("[data-layer]")) {
      button.setAttribute("aria-pressed", String(this.state.layers.includes(button.dataset.layer)));
    }
    for (const list of document.querySelectorAll("[data-legend]")) {
      const key = list.dataset.legend;
      list.hidden = !this.state.layers.includes(key);
      if (key !== UNITS) list.replaceChildren(...list.hidden ? [] : legendOf(key, colours));
    }
  }

  /** After a move: another level may be due, and the address follows. */
  moved() {
    if (this.#giveBackBelow !== null && this.map.getZoom() < this.#giveBackBelow) {
      this.#giveBackBelow = null;
      this.#setLevel(null);
    }
    this.refresh();
    writeAddress(this.state, this.map, { push: false });
  }

  /** Back or forward: the address is the state. */
  async followAddress() {
    const asked = readAddress();
    this.#giveBackBelow = null;
    this.#setLevel(asked.level);
    if (asked.on !== this.state.on) this.#showDate(asked.on);
    this.#showLayers(asked.layers);
    this.state.grid = asked.grid;                // the move below writes the address
    this.map.jumpTo(asked.at ?? homeCamera(this.map));
    if (asked.grid) await this.choose(asked.grid, { push: false, open: false });
    else this.close({ push: false });
    this.refresh();
  }

  // -- what the map draws --------------------------------------------------------------------

  #setLevel(key) {
    if (this.state.level === key) return;
    this.state.level = key;
    this.#applyLevel();
  }

  /** One level of fills and names: by zoom, or the picked one at every zoom. */
  #applyLevel() {
    const picked = this.state.level;
    const depth = picked ? levelOf(picked).depth : null;
    context.levels.forEach((level, index) => {
      const [from, until] = picked ? [0, DEEPEST_ZOOM + 2] : bandOf(index);
      for (const kind of KINDS) this.#showLayer(`${kind}-${level.key}`, !picked || level.key === picked, from, until);
      this.#showLayer(`border-${level.key}`, !picked || level.depth <= depth, from, DEEPEST_ZOOM + 2);
    });
    this.#nameAutomaticLevel();
  }

  #showLayer(id, visible, from, until) {
    this.map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    this.map.setLayerZoomRange(id, from, until);
  }

  #focusVeil() {
    for (const { key } of context.levels) {
      this.map.setPaintProperty(`veil-${key}`, "fill-opacity", veilOpacity(key, this.#grid));
    }
  }

  /** New colours when the reader's system turns light or dark. */
  repaint() {
    const colours = readColours();
    for (const [name, image] of Object.entries(drawSigns(colours))) this.map.updateImage(name, image);
    for (const { id, paint } of buildLayers(colours, this.state.layers)) {
      for (const [property, value] of Object.entries(paint)) this.map.setPaintProperty(id, property, value);
    }
    this.#focusVeil();
    this.#writeLegend();
  }
}
