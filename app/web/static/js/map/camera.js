/* Where the map looks: the own territory, a grid, one level deeper. */
import { context } from "./context.js";
import { levelBelow, unitsZoom, zoomWithin } from "./levels.js";

const sheet = document.getElementById("sheet");
const PHONE = matchMedia("(max-width: 767px)");
const SHORT_HEAD_PX = 150;

/** The part of the map that the sheet of a phone does not cover. */
function padding() {
  const bottom = PHONE.matches ? Math.min(sheet.offsetHeight, SHORT_HEAD_PX) : 0;
  return { top: 28, right: 28, left: 28, bottom: bottom + 28 };
}

const boxOf = ([west, south, east, north]) => [[west, south], [east, north]];

/** The zoom at which the whole city fits this screen. */
export function cityZoom(map) {
  return map.cameraForBounds(boxOf(context.city_bounds), { padding: padding() }).zoom;
}

export function homeCamera(map) {
  const camera = map.cameraForBounds(boxOf(context.bounds), { padding: padding(), maxZoom: 17 });
  // Somebody with a small area sees its units at once.
  if (!context.whole_city && camera.zoom > unitsZoom() - 0.7) {
    camera.zoom = Math.max(camera.zoom, unitsZoom() + 0.01);
  }
  return camera;
}

/** The view of a grid; null where bounds are missing. */
export function gridCamera(map, bounds) {
  return map.cameraForBounds(boxOf(bounds), { padding: padding(), maxZoom: 18 });
}

/** On a phone, move a grid out from under the open sheet. */
export function keepInSight(map, [west, south, east, north]) {
  if (!PHONE.matches) return;
  const middle = map.project([(west + east) / 2, (south + north) / 2]);
  const free = map.getContainer().clientHeight - sheet.offsetHeight;
  if (middle.y > free - 40) map.panBy([0, middle.y - free / 2]);
}

/** The view of a grid one level deeper, and the level to pick where zoom alone will not do. */
export function drillCamera(map, grid) {
  const camera = gridCamera(map, grid.bounds);
  const below = grid.children ? levelBelow(grid.level) : null;
  if (!below) return { camera, pick: null };
  const zoom = zoomWithin(below.key, camera.zoom);
  return zoom === null ? { camera, pick: below.key } : { camera: { ...camera, zoom }, pick: null };
}
