/* The style of a small map: land, water, roads and the borders of the grids. */
function tiles(path, version) {
  return { type: "vector", maxzoom: 16,
    tiles: [`${location.origin}/tiles/${path}/{z}/{x}/{y}.mvt?v=${encodeURIComponent(version)}`] };
}

export function smallStyle({ edition, digest, levels }, colours, withUnits) {
  const sources = { backdrop: { ...tiles("backdrop", digest), maxzoom: 15 } };
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
  if (withUnits) {
    sources.units = tiles("units", digest);
    layers.push({ id: "units", type: "circle", source: "units", "source-layer": "units", minzoom: 14,
      paint: { "circle-radius": 4, "circle-color": colours.unit, "circle-opacity": 0.5 } });
  }
  return { version: 8, sources, layers };
}
