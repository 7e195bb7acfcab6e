/* The form of one visit: shows what goes with the outcome, offers words to tap, keeps what was
   written if the page is loaded again or the network is away, and notes the moment by the device's
   clock. */
import { installPhotos } from "./photos.js";

const form = document.getElementById("visit");
const key = form.dataset.draft;
const NOT_KEPT = ["csrf_token", "checklist", "id", "happened_at", "lon", "lat", "accuracy_m"];
const note = document.getElementById("note");
const said = document.getElementById("form-said");
let fields = [];

function deviates() {
  if (form.querySelector("[data-bad]:checked")) return true;
  return [...form.querySelectorAll("[data-item=number]")].some((item) => {
    const written = item.querySelector("input").value.trim();
    const value = Number(written);
    return written !== "" && (value < Number(item.dataset.least ?? -Infinity)
      || value > Number(item.dataset.most ?? Infinity));
  });
}

// what does not go with the outcome is neither seen nor sent
function show() {
  const outcome = form.elements.outcome.value;
  for (const part of form.querySelectorAll("[data-only], [data-not]")) {
    part.hidden = part.dataset.only ? part.dataset.only !== outcome : part.dataset.not === outcome;
    for (const field of part.querySelectorAll("input")) field.disabled = part.hidden;
  }
  for (const part of form.querySelectorAll("[data-deviating]")) {
    part.hidden = outcome !== "done" || !deviates();
  }
}

function keep() {
  const written = [...new FormData(form)].filter(([name, value]) =>
    typeof value === "string" && !NOT_KEPT.includes(name));
  sessionStorage.setItem(key, JSON.stringify(written));
}

// only of the same page, loaded again or come back to; opened anew it is another visit
function restore() {
  const type = performance.getEntriesByType("navigation")[0]?.type ?? "navigate";
  if (type === "navigate" || document.querySelector(".note-danger")) {
    sessionStorage.removeItem(key);
    return;
  }
  const written = JSON.parse(sessionStorage.getItem(key) ?? "[]");
  for (const field of fields) {
    const stored = written.filter(([name]) => name === field.words.photos).map(([, id]) => id);
    const there = new Set([...new FormData(form).getAll(field.words.photos)]);
    for (const id of stored) if (!there.has(id)) field.addStored(id);
  }
  const photos = fields.map((field) => field.words.photos);
  for (const [name, value] of written) {
    const element = form.elements[name];
    if (!element || photos.includes(name)) continue;
    if (element.type === "checkbox") element.checked = true;
    else element.value = value;
  }
}

const changed = () => { if (fields.length) keep(); };
fields = installPhotos(form, changed);
restore();
form.addEventListener("input", () => { show(); keep(); });
form.addEventListener("click", (event) => {
  const phrase = event.target.closest("[data-phrase]");
  if (!phrase) return;
  const before = note.value.trim();
  note.value = before ? `${before} ${phrase.textContent}` : phrase.textContent;
  keep();
});

let settled = false;
form.addEventListener("submit", async (event) => {
  if (!form.hasAttribute("data-correction") && !form.elements.happened_at.value) {
    form.elements.happened_at.value = new Date().toISOString();
  }
  if (settled || fields.every((field) => field.waiting.length === 0)) return;
  event.preventDefault();
  said.textContent = "";
  const button = form.querySelector(".form-end button");
  button.disabled = true;
  const all = await Promise.all(fields.map((field) => field.settle()));
  button.disabled = false;
  settled = all.every(Boolean);
  if (settled) form.requestSubmit();
  else said.textContent = form.dataset.unsent;
});
show();

/* -- where it was, only if one wants it recorded ------------------------------------------- */

const place = document.getElementById("place");
if (place && navigator.geolocation && window.isSecureContext) {
  place.hidden = false;
  const told = place.querySelector("[role=status]");
  place.querySelector("button").addEventListener("click", () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lon.value = coords.longitude;
        form.elements.lat.value = coords.latitude;
        form.elements.accuracy_m.value = coords.accuracy;
        told.textContent = form.dataset.place.replace("{metres}", Math.round(coords.accuracy));
      },
      () => { told.textContent = form.dataset.noPlace; },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    ));
}
