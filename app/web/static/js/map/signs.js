/* The signs of hazards, facilities, buildings, places, roads and residents: a shape says what, its filling says how it is. */
const RATIO = 2;
const RADIUS = 8;
const SIDE = (RADIUS * 2 + 6) * RATIO;
const WIDE_SIDE = 32 * RATIO;

/** Corners on a circle, the first one at the top. */
const corners = (count, radius = RADIUS, turn = 0) => Array.from({ length: count }, (_, at) => {
  const angle = 2 * Math.PI * (at / count) + turn - Math.PI / 2;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});

const star = Array.from({ length: 10 }, (_, at) =>
  corners(10, at % 2 ? RADIUS * 0.45 : RADIUS + 1)[at]);

/** Shape of each class of facility; a class that is not here is a plain square. */
export const FACILITY_SHAPES = {
  hydrant: [[-5, 8], [-5, -2], [0, -8], [5, -2], [5, 8]],
  water_source: [[0, -9], [6, 1], [4, 6], [0, 8], [-4, 6], [-6, 1]],
  extinguisher_point: corners(6),
  mini_station: corners(5),
  fire_station: star,
  other: corners(4, RADIUS, Math.PI / 4),
};
const TRIANGLE = [[0, -8], [8.5, 7], [-8.5, 7]];
const HOUSE = [[-6, 7], [-6, -2], [0, -7], [6, -2], [6, 7]];
const PIN = [[0, 9], [-6, -1], [-6, -5], [-3, -8], [3, -8], [6, -5], [6, -1]];
const STRIP = [[-9, 3.5], [-9, -3.5], [9, -3.5], [9, 3.5]];
const WIDE_HOUSE = [[-14, 11], [-14, -4], [0, -12], [14, -4], [14, 11]];
const SMALL = 0.72;

/** Every sign of these layers by its name. */
export function drawPointSigns(colours) {
  const { hazards, facilities, buildings, places, roads, residents, late, unitEdge } = colours;
  const signs = {
    "hazards-reported": shape(TRIANGLE, late, unitEdge, 1.5),
    "hazards-open": shape(TRIANGLE, hazards, unitEdge, 1.5),
    "hazards-settled": shape(TRIANGLE, unitEdge, hazards, 2, SMALL),
    buildings: shape(HOUSE, buildings, unitEdge, 1.5, 0.85),
    places: shape(PIN, places, unitEdge, 1.5),
    roads: shape(STRIP, roads, unitEdge, 1.5),
    residents: shape(WIDE_HOUSE, unitEdge, residents, 2, 1, WIDE_SIDE),
  };
  for (const [key, points] of Object.entries(FACILITY_SHAPES)) {
    signs[`facilities-${key}-ok`] = shape(points, facilities, unitEdge, 1.5);
    signs[`facilities-${key}-faulty`] = shape(points, unitEdge, facilities, 2.5);
    signs[`facilities-${key}-late`] = shape(points, facilities, late, 3);
  }
  for (const key of ["hazards", "facilities", "buildings", "places", "roads"]) {
    signs[`cluster-${key}`] = circle(colours[key], unitEdge);
  }
  return signs;
}

function shape(points, fill, edge, width, size = 1, side = SIDE) {
  return draw(side, (pen) => {
    pen.moveTo(points[0][0] * size, points[0][1] * size);
    for (const [x, y] of points.slice(1)) pen.lineTo(x * size, y * size);
    pen.closePath();
  }, fill, edge, width);
}

function circle(fill, edge) {
  return draw(34 * RATIO, (pen) => pen.arc(0, 0, 15, 0, 2 * Math.PI), fill, edge, 2);
}

function draw(side, path, fill, edge, width) {
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d");
  pen.scale(RATIO, RATIO);
  pen.translate(side / RATIO / 2, side / RATIO / 2);
  pen.lineJoin = "round";
  pen.beginPath();
  path(pen);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = width;
  pen.strokeStyle = edge;
  pen.stroke();
  return pen.getImageData(0, 0, side, side);
}

/** The same drawing for the legend. */
export function signElement(image) {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.className = "sign";
  canvas.style.width = `${image.width / RATIO}px`;
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
