/* The map page: makes the map, and ties the controls to it. */
import { Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl }
  from "/vendor/maplibre-gl/maplibre-gl.mjs";
import { readAddress } from "./address.js";
import { cityZoom, homeCamera } from "./camera.js";
import { context, say, texts } from "./context.js";
import { DEEPEST_ZOOM, keepWidestLevelAt } from "./levels.js";
import { sayUnanswered, showBanner } from "./network.js";
import { Pointer } from "./pointer.js";
import { installSheet } from "./sheet.js";
import { buildStyle } from "./style.js";
import { drawSigns, onThemeChange, readColours, SIGN_OPTIONS } from "./theme.js";
import { MapView } from "./view.js";

const byId = (id) => document.getElementById(id);
setWorkerUrl("/vendor/maplibre-gl/maplibre-gl-worker.mjs");

function makeMap(state) {
  const colours = readColours();
  const map = new MapLibre({
    container: "map",
    maxZoom: DEEPEST_ZOOM,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxPitch: 0,
    renderWorldCopies: false,
    fadeDuration: 150,
    locale: {
      "Map.Title": texts.mapTitle,
      "NavigationControl.ZoomIn": texts.zoomIn,
      "NavigationControl.ZoomOut": texts.zoomOut,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 110 }), "top-left");
  map.on("styledata", () => {
    for (const [name, image] of Object.entries(drawSigns(colours))) {
      if (!map.hasImage(name)) map.addImage(name, image, SIGN_OPTIONS);
    }
  });
  keepWidestLevelAt(cityZoom(map));
  map.jumpTo(state.at ?? homeCamera(map));
  map.setStyle(buildStyle(colours, state.on, state.layers));
  return map;
}

/** A month earlier or later, on the same day of the month where that month has it. */
function otherMonth(day, step) {
  const date = new Date(`${day}T00:00:00Z`);
  const wished = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + step);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(wished, last));
  const found = date.toISOString().slice(0, 10);
  return found > context.today ? context.today : found;
}

function installControls(view) {
  const dateField = byId("date");
  dateField.addEventListener("change", () => {
    if (dateField.validity.valid && dateField.value !== view.state.on) view.setDate(dateField.value);
  });
  for (const [id, step] of [["month-back", -1], ["month-forward", 1]]) {
    byId(id).addEventListener("click", () => {
      const on = otherMonth(view.state.on, step);
      if (on !== view.state.on) view.setDate(on);
    });
  }
  byId("level").addEventListener("change", (event) => view.pickLevel(event.target.value || null));
  byId("to-home").addEventListener("click", () => { view.close(); view.goHome(); });
  byId("toggle-table").addEventListener("click", () => {
    view.table.toggle(!view.table.open);
    view.refresh();
  });
  for (const button of document.querySelectorAll("[data-layer]")) {
    button.addEventListener("click", () => view.toggleLayer(button.dataset.layer));
  }
}

/** A canvas does not print; a picture of it does. */
function installPrinting(map) {
  const picture = byId("map-print");
  addEventListener("beforeprint", () => {
    map.redraw();
    picture.src = map.getCanvas().toDataURL();
    picture.hidden = false;
  });
  addEventListener("afterprint", () => { picture.hidden = true; });
}

async function start(map, state) {
  await new Promise((resolve) => map.once("style.load", resolve));      // tiles may take their time
  const view = new MapView(map, state);
  new Pointer(view);
  installControls(view);
  installPrinting(map);
  map.on("moveend", () => view.moved());
  addEventListener("popstate", () => view.followAddress());
  onThemeChange(() => view.repaint());
  map.on("error", ({ error }) => sayUnanswered(error));
  await view.start();
  await new Promise((resolve) => map.once("idle", resolve));
}

function run() {
  installSheet();
  if (!context.edition) return;
  const state = readAddress();
  byId("date").value = state.on;
  try {
    const map = makeMap(state);
    window.gridward = { map, ready: start(map, state) };
  } catch (fault) {
    showBanner(say("noWebGl"));
    throw fault;                                  // into the console, with its own words
  }
}

run();
