/* A small map to choose a place on: a click writes the coordinates into the form. */
import { Map as MapLibre, Marker, NavigationControl, setWorkerUrl }
  from "/vendor/maplibre-gl/maplibre-gl.mjs";
import { readColours } from "./map/theme.js";

const holder = document.getElementById("place-map");
const written = document.getElementById("place-context");
const [lonField, latField, crsField] = ["move-lon", "move-lat", "move-crs"]
  .map((id) => document.getElementById(id));

function tiles(path, version) {
  return { type: "vector", maxzoom: 16,
    tiles: [`${location.origin}/tiles/${path}/{z}/{x}/{y}.mvt?v=${encodeURIComponent(version)}`] };
}

function style({ edition, digest, levels }) {
  const colours = readColours();
  const sources = { backdrop: { ...tiles("backdrop", digest), maxzoom: 15 }, units: tiles("units", digest) };
  const layers = [
    { id: "land", type: "background", paint: { "background-color": colours.land } },
    { id: "water", type: "fill", source: "backdrop", "source-layer": "water",
      paint: { "fill-color": colours.water } },
    { id: "roads", type: "line", source: "backdrop", "source-layer": "road",
      paint: { "line-color": colours.road, "line-width": 3 } },
  ];
  levels.forEach((key, depth) => {
    sources[key] = tiles(`grids/${encodeURIComponent(edition)}/${encodeURIComponent(key)}`, digest);
    layers.push({ id: `border-${key}`, type: "line", source: key, "source-layer": "grids",
      paint: { "line-color": colours.border, "line-width": Math.max(1, 3 - depth) } });
  });
  layers.push({ id: "units", type: "circle", source: "units", "source-layer": "units", minzoom: 14,
    paint: { "circle-radius": 4, "circle-color": colours.unit, "circle-opacity": 0.5 } });
  return { version: 8, sources, layers };
}

function start(context) {
  holder.hidden = false;
  setWorkerUrl("/vendor/maplibre-gl/maplibre-gl-worker.mjs");
  const placed = holder.dataset.lon !== "";
  const here = [Number(holder.dataset.lon), Number(holder.dataset.lat)];
  const map = new MapLibre({
    container: holder, style: style(context), attributionControl: false, dragRotate: false,
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
