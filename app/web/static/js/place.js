/* A small map to choose a place on: a click writes the coordinates into the form. */
import { Map as MapLibre, Marker, NavigationControl, setWorkerUrl }
  from "/vendor/maplibre-gl/maplibre-gl.mjs";
import { smallStyle } from "./map/small.js";
import { readColours } from "./map/theme.js";

const holder = document.getElementById("place-map");
const written = document.getElementById("place-context");
const [lonField, latField, crsField] = ["move-lon", "move-lat", "move-crs"]
  .map((id) => document.getElementById(id));

function start(context) {
  holder.hidden = false;
  setWorkerUrl("/vendor/maplibre-gl/maplibre-gl-worker.mjs");
  const placed = holder.dataset.lon !== "";
  const here = [Number(holder.dataset.lon), Number(holder.dataset.lat)];
  const map = new MapLibre({
    container: holder, style: smallStyle(context, readColours(), true), attributionControl: false, dragRotate: false,
    renderWorldCopies: false, locale: { "Map.Title": holder.dataset.label },
    ...(placed ? { center: here, zoom: 16 } : { bounds: context.bounds }),
  });
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  const marker = new Marker({ color: readColours().selected, draggable: true });
  if (placed) marker.setLngLat(here).addTo(map);
  const write = ({ lng, lat }) => {
    lonField.value = lng.toFixed(6);
    latField.value = lat.toFixed(6);
    crsField.value = "EPSG:4326";
  };
  map.on("click", ({ lngLat }) => { marker.setLngLat(lngLat).addTo(map); write(lngLat); });
  marker.on("dragend", () => write(marker.getLngLat()));
  window.gridward = { map };
}

if (holder && written) start(JSON.parse(written.textContent));
