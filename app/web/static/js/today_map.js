/* Today's stops on a small map, numbered as in the list. */
import { LngLatBounds, Map as MapLibre, Marker, NavigationControl, setWorkerUrl }
  from "/vendor/maplibre-gl/maplibre-gl.mjs";
import { smallStyle } from "./map/small.js";
import { readColours } from "./map/theme.js";

const holder = document.getElementById("today-map");
const written = document.getElementById("today-context");
let map = null;
let markers = [];

function begin() {
  holder.hidden = false;
  setWorkerUrl("/vendor/maplibre-gl/maplibre-gl-worker.mjs");
  const context = JSON.parse(written.textContent);
  map = new MapLibre({
    container: holder, style: smallStyle(context, readColours(), false), bounds: context.bounds,
    fitBoundsOptions: { padding: 24 }, attributionControl: false, dragRotate: false,
    cooperativeGestures: false, renderWorldCopies: false,
    locale: { "Map.Title": holder.dataset.label },
  });
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  window.gridward = { map };
}

export function drawStops(stops, here) {
  if (!holder || !written) return;
  if (!map) begin();
  for (const marker of markers) marker.remove();
  const placed = stops.filter((stop) => stop.dataset.lon);
  // the first ones last, so that they lie above the others
  markers = placed.map((stop) => {
    const sign = document.createElement("div");
    sign.className = `map-stop${stop.dataset.late === "1" ? " map-stop-late" : ""}`;
    sign.textContent = stop.querySelector(".stop-number").textContent;
    sign.setAttribute("aria-hidden", "true");
    sign.addEventListener("click", () => stop.scrollIntoView({ block: "center" }));
    return new Marker({ element: sign })
      .setLngLat([Number(stop.dataset.lon), Number(stop.dataset.lat)]);
  });
  for (const marker of [...markers].reverse()) marker.addTo(map);
  if (here) {
    const bounds = new LngLatBounds([here.lon, here.lat], [here.lon, here.lat]);
    for (const marker of markers.slice(0, 5)) bounds.extend(marker.getLngLat());
    map.fitBounds(bounds, { padding: 40, maxZoom: 17, animate: false });
  }
}
