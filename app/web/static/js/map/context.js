/* What the server put into the page, and how words, numbers and dates are written. */
const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const context = read("map-context");
export const texts = read("map-texts");
export const english = context.language === "en";

const locale = english ? "en-GB" : "zh-CN";
const numbers = new Intl.NumberFormat(locale);
const dates = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });

/** A sentence with its {places} filled in. */
export function say(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export const formatNumber = (value) => numbers.format(value);

/** A day written like 2026-11-21, in the reader's form. */
export const formatDate = (day) => dates.format(new Date(`${day}T00:00:00Z`));

/** Rounded down, so that 100 % means all of them. */
export function formatRate(part, whole) {
  return `${Math.floor((100 * part) / whole)}${english ? "\u00a0" : ""}%`;
}

export function formatArea(squareMetres) {
  const large = squareMetres >= 1e5;
  const number = large ? squareMetres / 1e6 : squareMetres;
  const rounded = number.toLocaleString(locale, { maximumSignificantDigits: 3 });
  return say(large ? "squareKilometres" : "squareMetres", { number: rounded });
}

/** The name in the reader's language, from an answer or a tile. */
export function nameOf(thing) {
  return (english && thing.name_en) || thing.name || thing.code;
}

/** An element with attributes and children; text is never read as HTML. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
