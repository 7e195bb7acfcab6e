/* The first line, and the counts of the legend: what, where, when. */
import { context, english, formatDate, formatNumber, formatRate, nameOf, say } from "./context.js";

const line = document.getElementById("first-line");
const definition = document.getElementById("definition");
const city = document.getElementById("main").dataset.city;

/** The reader's own place: the city, or the own grids by name. */
export function ownPlace() {
  if (context.whole_city || context.own_grids.length === 0) return city;
  const names = context.own_grids.slice(0, 2).map(nameOf).join(english ? ", " : "、");
  const others = context.own_grids.length - 2;
  return others > 0 ? `${names} +${formatNumber(others)}` : names;
}

/** Say the figures of the chosen grid, else of the reader's whole territory. */
export function showFirstLine(on, grid, total) {
  const place = grid ? nameOf(grid) : ownPlace();
  const date = formatDate(on).replaceAll(" ", "\u00a0");
  const figures = grid ? grid : total;
  if (grid && grid.units === null) return write("firstLineOutside", { place, date });
  if (!figures) return undefined;                // keeps what the page said until they come
  if (figures.units === 0) return write("firstLineEmpty", { place, date });
  if (figures.units === 1) {
    const key = figures.inspected ? "firstLineOneDone" : "firstLineOneOpen";
    return write(key, { place, date, days: context.days });
  }
  return write("firstLine", {
    place, date, days: context.days, units: formatNumber(figures.units),
    rate: formatRate(figures.inspected, figures.units),
  });
}

function write(key, values) {
  const words = say(key, values).replaceAll(" ·", "\u00a0·");   // no line begins with a dot
  if (line.textContent !== words) line.textContent = words;
}

/** Days that the page wrote as data, in the reader's form. */
export function writeDays() {
  for (const time of document.querySelectorAll("time[data-day]")) time.textContent = formatDate(time.dateTime);
}

export function showDefinition(on) {
  definition.textContent = say("definition", { days: context.days, date: formatDate(on) });
}

/** How many grids of the level shown lie in each class. */
export function showCounts(counts) {
  for (const cell of document.querySelectorAll("[data-class]")) {
    const index = cell.dataset.class === "none" ? counts.length - 1 : Number(cell.dataset.class) - 1;
    cell.textContent = formatNumber(counts[index]);
  }
}
