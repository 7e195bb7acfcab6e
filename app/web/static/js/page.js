/* What every page does: keep the address for the language switch, close the phone's menu,
   follow the filling of the demo city, sort tables, search. */
import { makeSortable } from "./tables.js";
import { followDemo } from "./demo.js";
import { installSearch } from "./search.js";

for (const field of document.querySelectorAll("[data-this-address]")) {
  field.form.addEventListener("submit", () => {
    field.value = location.pathname + location.search;
  });
}

const more = document.querySelector("details.more");
if (more) {
  document.addEventListener("click", (event) => {
    if (!more.contains(event.target)) more.open = false;
  });
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    more.open = false;
    more.querySelector("summary").focus();
  });
}

for (const table of document.querySelectorAll("table[data-sortable]")) makeSortable(table);

const search = document.getElementById("search");
if (search) installSearch(search);

const progress = document.getElementById("demo-progress");
if (progress) followDemo(progress);
