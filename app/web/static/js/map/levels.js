/* Which level of grids is shown at which zoom. */
import { context } from "./context.js";

const { levels } = context;
export const DEEPEST_ZOOM = 22;

let delay = 0;

/** A large screen shows the whole city nearer: its widest grids then stay on a little longer. */
export function keepWidestLevelAt(zoomOfCity) {
  delay = levels.length > 1 ? Math.max(0, zoomOfCity + 0.25 - levels[1].min_zoom) : 0;
}

const startOf = (index) => (index === 0 ? 0 : levels[index].min_zoom + delay);

/** The zooms at which a level is shown unless somebody picks one. */
export function bandOf(index) {
  return [startOf(index), index + 1 < levels.length ? startOf(index + 1) : DEEPEST_ZOOM + 2];
}

export const indexOfLevel = (key) => levels.findIndex((level) => level.key === key);
export const levelOf = (key) => levels[indexOfLevel(key)];
export const levelBelow = (key) => levels[indexOfLevel(key) + 1] ?? null;

/** The level in whose band a zoom lies. */
export function levelAtZoom(zoom) {
  return levels[Math.max(0, levels.findLastIndex((_, index) => bandOf(index)[0] <= zoom))];
}

/** The level on the map: the picked one, else by zoom. */
export const shownLevel = (state, zoom) => levelOf(state.level) ?? levelAtZoom(zoom);

/** The highest level of the reader's own grids; none for who sees the whole city. */
export function ownLevel() {
  if (context.whole_city || context.own_grids.length === 0) return null;
  return levels[Math.min(...context.own_grids.map(({ level }) => indexOfLevel(level)))];
}

/** Units are drawn from the zoom of the smallest grids on. */
export const unitsZoom = () => (levels.length > 1 ? startOf(levels.length - 1) : 12);

/** The same, and at every zoom to whoever has one of the smallest grids: the few are no crowd. */
export const unitsShownFrom = () => (ownLevel() === levels.at(-1) ? 0 : unitsZoom());

/**
 * The zoom nearest to the wished one at which a level is shown; null where that is so far
 * off (more than a step) that picking the level serves better.
 */
export function zoomWithin(key, wished) {
  const [from, until] = bandOf(indexOfLevel(key));
  const nearest = Math.min(Math.max(wished, from), until - 0.01);
  return Math.abs(nearest - wished) <= 1 ? nearest : null;
}
