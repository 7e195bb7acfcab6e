/* The form of one visit: shows what goes with the outcome, keeps what was written if the page is
   loaded again or the network is away, and notes the moment by the device's clock. */
const form = document.getElementById("visit");
const key = form.dataset.draft;

// what does not go with the outcome is neither seen nor sent
function show() {
  const outcome = form.elements.outcome.value;
  for (const part of form.querySelectorAll("[data-only], [data-not]")) {
    part.hidden = part.dataset.only ? part.dataset.only !== outcome : part.dataset.not === outcome;
    for (const field of part.querySelectorAll("input")) field.disabled = part.hidden;
  }
}

function keep() {
  const written = [...new FormData(form)].filter(([name]) =>
    !["csrf_token", "checklist", "id", "happened_at"].includes(name));
  sessionStorage.setItem(key, JSON.stringify(written));
}

// only of the same page, loaded again or come back to; opened anew it is another visit
function restore() {
  const type = performance.getEntriesByType("navigation")[0]?.type ?? "navigate";
  if (type === "navigate" || document.querySelector(".note-danger")) {
    sessionStorage.removeItem(key);
    return;
  }
  for (const [name, value] of JSON.parse(sessionStorage.getItem(key) ?? "[]")) {
    if (form.elements[name]) form.elements[name].value = value;
  }
}

restore();
form.addEventListener("input", () => { show(); keep(); });
form.addEventListener("submit", () => {
  form.elements.happened_at.value = new Date().toISOString();
});
show();
