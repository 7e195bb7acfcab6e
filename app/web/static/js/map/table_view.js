/* The same facts as a table: the table of the coverage page, laid over the map. */
import { makeSortable } from "../tables.js";
import { context, element, texts } from "./context.js";
import { askPage, Unanswered } from "./network.js";

const view = document.getElementById("table-view");
const button = document.getElementById("toggle-table");
const frame = view.parentNode;

export class TableView {
  #asking = null;
  #shown = null;

  get open() {
    return !view.hidden;
  }

  toggle(open) {
    view.hidden = !open;
    button.setAttribute("aria-pressed", String(open));
    for (const child of frame.children) if (child !== view) child.inert = open;
    if (!open) this.#shown = null;
  }

  /** Show the level on a day, within the chosen grid where there is one. */
  async show(level, on, within) {
    const query = new URLSearchParams({ level, on, days: context.days });
    if (within) query.set("within", within);
    const address = `/coverage?${query}`;
    if (!this.open || address === this.#shown) return;
    this.#shown = address;
    this.#asking?.abort();
    this.#asking = new AbortController();
    if (!view.firstChild) view.replaceChildren(element("p", { class: "quiet" }, texts.loading));
    try {
      const page = await askPage(address, this.#asking.signal);
      if (page) this.#fill(page);
    } catch (fault) {
      if (!(fault instanceof Unanswered)) throw fault;
      view.replaceChildren(element("p", { class: "note" }, texts.tableFailed));
    }
  }

  #fill(page) {
    const found = new DOMParser().parseFromString(page, "text/html").getElementById("coverage-table");
    view.replaceChildren(found ? document.adoptNode(found) : element("p", { class: "quiet" }, texts.noUnitsHere));
    view.querySelectorAll("table[data-sortable]").forEach(makeSortable);
    view.scrollTop = 0;
  }
}
