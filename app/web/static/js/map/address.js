/* The state of the page is its address: level, grid, day and position. */
import { context } from "./context.js";
import { LAYER_KEYS, UNITS } from "./layers.js";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What the present address asks for; what it leaves out is null or the default. */
export function readAddress() {
  const query = new URLSearchParams(location.search);
  const level = query.get("level");
  const on = query.get("on");
  return {
    level: context.levels.some(({ key }) => key === level) ? level : null,
    grid: query.get("grid"),
    on: on && DAY.test(on) ? on : context.on,
    at: readPosition(query.get("at")),
    layers: readLayers(query.get("layers")),
  };
}

/** Units alone unless the address names others; "none" shows no points at all. */
function readLayers(text) {
  if (!text) return [UNITS];
  const asked = text.split(",");
  return [UNITS, ...LAYER_KEYS].filter((key) => asked.includes(key));
}

function readPosition(text) {
  const [zoom, lat, lon] = (text ?? "").split("/").map(Number);
  const sound = Number.isFinite(zoom) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
  return sound ? { zoom, center: [lon, lat] } : null;
}

/** Write the state; a new entry of the history only for what a person chose. */
export function writeAddress(state, map, { push }) {
  const { lng, lat } = map.getCenter();
  const at = [map.getZoom().toFixed(2), lat.toFixed(5), lng.toFixed(5)].join("/");
  const query = new URLSearchParams();
  if (state.level) query.set("level", state.level);
  if (state.grid) query.set("grid", state.grid);
  if (state.layers.join() !== UNITS) query.set("layers", state.layers.join() || "none");
  query.set("on", state.on);
  query.set("at", at);
  // Slashes and colons are legal in a query and easier to read unescaped.
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
  const target = `${location.pathname}?${text}`;
  if (target === location.pathname + location.search) return;
  if (push) history.pushState(null, "", target);
  else history.replaceState(null, "", target);
}
