/* Fields that suggest grids or persons while one types; what is chosen is written as "name (code)". */
const PAUSE = 150;

for (const field of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("datalist");
  list.id = `${field.id}-suggestions`;
  field.after(list);
  field.setAttribute("list", list.id);
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => suggest(field, list), PAUSE);
  });
}

async function suggest(field, list) {
  const text = field.value.trim();
  if (!text || text.endsWith(")")) return;
  const answer = await fetch("/people/suggestions?" + new URLSearchParams(
    { kind: field.dataset.suggest, q: text }), { headers: { Accept: "application/json" } });
  if (!answer.ok || field.value.trim() !== text) return;
  const { names } = await answer.json();
  list.replaceChildren(...names.map((name) => {
    const option = document.createElement("option");
    option.value = name;
    return option;
  }));
}
