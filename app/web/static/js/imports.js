/* The import form: only the fields of the chosen kind, and nothing typed is lost. */
const form = document.getElementById("import-form");
const KEPT = "gridward-import";
const NOT_KEPT = ["csrf_token", "file", "commit"];

function showKind() {
  const kind = form.elements.kind.value;
  for (const part of form.querySelectorAll("[data-kinds]")) {
    const wanted = part.dataset.kinds.split(" ").includes(kind);
    part.hidden = !wanted;
    // What is not shown is not sent.
    for (const field of part.querySelectorAll("input, select")) {
      field.disabled = Boolean(field.closest("[data-kinds][hidden]"));
    }
  }
  const needed = { units: ["id_field", "lon_field", "lat_field", "crs"],
    inspections: ["id_field", "target_field", "date_field"],
    boundaries: ["code_field", "edition", "level"] }[kind];
  for (const field of form.elements) {
    if (field.type === "text") field.required = needed.includes(field.name);
  }
}

function keep() {
  const values = Object.fromEntries([...new FormData(form)]
    .filter(([name]) => !NOT_KEPT.includes(name)));
  sessionStorage.setItem(KEPT, JSON.stringify(values));
}

function restore() {
  const values = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.type === "checkbox") field.checked = true;
    else field.value = value;
  }
}

restore();
showKind();
form.addEventListener("change", () => { showKind(); keep(); });
form.addEventListener("input", keep);
