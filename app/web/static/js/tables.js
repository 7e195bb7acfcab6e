/* Tables whose columns sort.  A cell may give its value in data-value; empty ones go last. */

/** Turn each header marked data-sort="number|text" into a button. */
export function makeSortable(table) {
  table.querySelectorAll("thead th[data-sort]").forEach((header) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sortBy(table, header));
  });
}

function sortBy(table, header) {
  const numeric = header.dataset.sort === "number";
  const before = header.getAttribute("aria-sort");
  const ascending = before ? before === "descending" : !numeric;
  for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [valueOf(row.cells[header.cellIndex], numeric), row]);
  rows.sort(([first], [second]) => compare(first, second, ascending));
  body.append(...rows.map(([, row]) => row));
}

/** One cell may stand for the rest of its row, which then has no values. */
function valueOf(cell, numeric) {
  const text = cell && cell.colSpan === 1 ? cell.dataset.value ?? cell.textContent.trim() : "";
  if (text === "") return null;
  return numeric ? Number(text) : text;
}

function compare(first, second, ascending) {
  if (first === null || second === null) return (first === null) - (second === null);
  const order = typeof first === "number"
    ? first - second
    : first.localeCompare(second, document.documentElement.lang, { numeric: true });
  return ascending ? order : -order;
}
