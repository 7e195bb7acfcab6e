/* The figures of one level on one day: one request, painted as feature state. */
import { askJson } from "./network.js";
import { context } from "./context.js";
import { sourceOf } from "./style.js";

const BOUNDS = [0.2, 0.4, 0.6, 0.8, 0.95];
export const NO_UNITS = 6;

/** Class 0–5 of the rate, 6 where a grid has no units. */
export function classOf(units, inspected) {
  if (units === 0) return NO_UNITS;
  const rate = inspected / units;
  return BOUNDS.filter((bound) => rate >= bound).length;
}

export class Coverage {
  #map;
  #painted = new Map();       // level key → Map of grid number → class
  #shown = null;              // "level on" of what is painted or being loaded
  #values = new Map();        // grid number → [units, inspected], of the level shown
  #asking = null;

  constructor(map) {
    this.#map = map;
    this.total = null;
    this.counts = null;
  }

  /** Units and inspected units of a grid of the level shown; undefined outside the territory. */
  of(number) {
    return this.#values.get(number);
  }

  /** Load and paint a level on a day; false where it is painted or on its way already. */
  async show(level, on) {
    const wanted = `${level} ${on}`;
    if (wanted === this.#shown) return false;
    if (this.#shown && !this.#shown.endsWith(on)) this.#forgetOthers(level);
    this.#shown = wanted;
    this.#asking?.abort();
    this.#asking = new AbortController();
    const query = new URLSearchParams({ level, on, days: context.days });
    try {
      const answer = await askJson(`/api/v1/inspected?${query}`, this.#asking.signal);
      if (answer && wanted === this.#shown) this.#paint(level, answer);
      return Boolean(answer);
    } catch (fault) {
      if (wanted === this.#shown) this.#shown = null;      // the next move asks again
      throw fault;
    }
  }

  #paint(level, { grids, total }) {
    const before = this.#painted.get(level) ?? new Map();
    const now = new Map();
    const counts = new Array(NO_UNITS + 1).fill(0);
    this.#values = new Map();
    grids.no.forEach((number, index) => {
      const units = grids.units[index];
      const inspected = grids.inspected[index];
      const found = classOf(units, inspected);
      this.#values.set(number, [units, inspected]);
      now.set(number, found);
      counts[found] += 1;
      if (before.get(number) !== found) this.#setState(level, number, { class: found });
      before.delete(number);
    });
    for (const number of before.keys()) this.#setState(level, number, { class: -1 });
    this.#painted.set(level, now);
    this.total = total;
    this.counts = counts;
  }

  #setState(level, id, state) {
    this.#map.setFeatureState({ source: sourceOf(level), sourceLayer: "grids", id }, state);
    if (context.whole_city) return;                        // only then are some names pale
    this.#map.setFeatureState({ source: sourceOf(level), sourceLayer: "labels", id },
      { own: state.class >= 0 });
  }

  /** Figures of another day must not flash up when another level comes into view. */
  #forgetOthers(level) {
    for (const key of this.#painted.keys()) {
      if (key === level) continue;
      this.#map.removeFeatureState({ source: sourceOf(key), sourceLayer: "grids" });
      this.#painted.delete(key);
    }
  }
}
