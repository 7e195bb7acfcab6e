/* The search field of the top bar: answers while one types, chosen with the arrows. */

const PAUSE = 120;                                // ms without a key before the question is asked

/** A combobox over `/api/v1/search`; without script the form opens the full page. */
export function installSearch(form) {
  const field = form.querySelector("input[type=search]");
  const list = form.querySelector("[role=listbox]");
  const status = form.querySelector("[role=status]");
  const words = form.dataset;
  let asked = null;                               // the question under way
  let timer = 0;
  let options = [];
  let chosen = -1;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);

  function close() {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    choose(-1);
    field.setAttribute("aria-expanded", "false");
  }

  function choose(index) {
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    const option = options[chosen];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function show(answer) {
    list.replaceChildren(...sections(answer, field.value.trim(), words, form.action));
    options = [...list.querySelectorAll("[role=option]")];
    options.forEach((option, index) => { option.id = `${list.id}-${index}`; });
    choose(-1);
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    status.textContent = answer.too_short ? words.short
      : answer.total ? words.count.replace("{count}", answer.total + (answer.more ? "+" : ""))
        : words.nothing;
  }

  async function ask() {
    const text = field.value.trim();
    asked?.abort();
    if (!text) {
      close();
      return;
    }
    asked = new AbortController();
    const query = new URLSearchParams({ q: text });
    const centre = window.gridward?.map?.getCenter();
    if (centre) query.set("near", `${centre.lng.toFixed(5)},${centre.lat.toFixed(5)}`);
    try {
      const answer = await fetch(`/api/v1/search?${query}`, { signal: asked.signal });
      const found = await answer.json();
      if (answer.ok) show(found);
      else say(found.detail);
    } catch (fault) {
      if (fault.name === "AbortError") return;
      say(words.failed);
    }
  }

  function say(sentence) {
    options = [];
    const line = document.createElement("li");
    line.className = "suggestion-note";
    line.setAttribute("role", "presentation");
    line.textContent = sentence;
    list.replaceChildren(line);
    list.hidden = false;
    status.textContent = sentence;
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("focus", () => { if (field.value.trim() && list.hidden) ask(); });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length && !list.hidden) {
      event.preventDefault();
      const places = options.length + 1;          // the field itself is the first of them
      choose((chosen + 1 + step + places) % places - 1);
    } else if (event.key === "Enter" && options[chosen]) {
      event.preventDefault();
      options[chosen].querySelector("a").click();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  form.addEventListener("focusout", ({ relatedTarget }) => {
    if (!form.contains(relatedTarget)) close();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (!field.offsetParent) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

function sections(answer, text, words, page) {
  if (answer.too_short) return [note(words.short)];
  if (!answer.total) return [note(words.nothing), everything(page, text, words.all)];
  return [
    ...answer.groups.flatMap((group) => [heading(group), ...group.results.map(option)]),
    everything(page, text, words.all),
  ];
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function note(sentence) {
  const line = element("li", "suggestion-note", sentence);
  line.setAttribute("role", "presentation");
  return line;
}

function heading(group) {
  const line = element("li", "suggestion-kind", group.name);
  line.setAttribute("role", "presentation");
  line.append(element("span", "quiet", `${group.total}${group.more ? "+" : ""}`));
  return line;
}

function option(found) {
  const line = element("li", "suggestion");
  line.setAttribute("role", "option");
  line.setAttribute("aria-selected", "false");
  const link = element("a", "result");
  link.href = found.url;
  link.tabIndex = -1;
  link.append(
    element("span", "result-title", found.title),
    element("span", "result-detail", [found.detail, found.grid].filter(Boolean).join(" · ")),
  );
  line.append(link);
  return line;
}

function everything(page, text, words) {
  const line = option({ title: words, detail: "", grid: null, url: `${page}?q=${encodeURIComponent(text)}` });
  line.classList.add("suggestion-all");
  return line;
}
