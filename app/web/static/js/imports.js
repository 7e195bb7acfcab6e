/* The forms of the imports page keep what was typed through a reload. */
const NOT_KEPT = ["csrf_token", "file", "commit"];

function keepForm(form) {
  const key = `gridward-${form.id}`;
  const values = Object.entries(JSON.parse(sessionStorage.getItem(key) ?? "{}"));
  for (const [name, value] of values) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.type === "checkbox") field.checked = true;
    else field.value = value;
  }
  const note = () => sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(
    [...new FormData(form)].filter(([name]) => !NOT_KEPT.includes(name)))));
  form.addEventListener("input", note);
  form.addEventListener("change", note);
}

for (const form of document.querySelectorAll("#register-form, #import-form")) keepForm(form);
if (location.hash === "#boundaries") document.getElementById("boundaries").open = true;
