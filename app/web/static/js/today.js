/* The day's list: one tap records a normal stop and offers the next; undo appends a further event.
   Without this file the same forms are posted and the page is loaded again. */
import { drawStops } from "./today_map.js";

const list = document.getElementById("stops");
const count = document.getElementById("today-count");
const late = document.getElementById("today-late");
const token = document.querySelector('meta[name="csrf-token"]').content;
let here = null;

async function send(body) {
  const answer = await fetch("/api/v1/inspections", {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

function say(stop, words, bad) {
  const said = stop.querySelector(".stop-said");
  said.textContent = words;
  said.classList.toggle("fault", Boolean(bad));
}

// with those that the page does not show yet
function recount() {
  const open = [...list.querySelectorAll(".stop:not(.stop-done)")];
  const left = open.length + Number(list.dataset.beyond);
  const behind = open.filter((stop) => stop.dataset.late === "1").length + Number(list.dataset.beyondLate);
  const number = (value) => value.toLocaleString(document.documentElement.lang);
  count.textContent = left === 1 ? count.dataset.one : count.dataset.many.replace("{count}", number(left));
  late.hidden = behind === 0;
  late.querySelector(".late").textContent = late.dataset.many.replace("{count}", number(behind));
}

/* The nearest open stop; from a stop without a place the most late one. On a route the next on it. */
function nextBest(from) {
  const open = [...list.querySelectorAll(".stop:not(.stop-done):not([data-tried])")];
  if (list.dataset.order === "route") {
    return open.find((stop) => from.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING)
      ?? open[0];
  }
  const place = from.dataset.lon ? placeOf(from) : here;
  const far = (stop) => (place ? metres(stop, place) : Infinity);
  const due = (stop) => [1 - Number(stop.dataset.late), stop.dataset.due].join();
  return open.sort((one, other) => far(one) - far(other) || due(one).localeCompare(due(other)))[0];
}

function offerNext(stop) {
  stop.querySelector(".stop-next")?.remove();
  const next = nextBest(stop);
  const line = document.createElement(next ? "a" : "p");
  line.className = "stop-next tap";
  if (next) {
    const distance = stop.dataset.lon ? far(metres(next, placeOf(stop))) : "";
    const name = next.querySelector("h2").textContent;
    line.href = `#${next.id}`;
    line.textContent = list.dataset.next.replace("{name}", distance ? `${name} · ${distance}` : name);
    line.addEventListener("click", (event) => {
      event.preventDefault();
      next.scrollIntoView({ block: "center" });
      next.querySelector("form[data-normal] button")?.focus({ preventScroll: true });
    });
  } else if (Number(list.dataset.beyond) === 0 && !list.querySelector(".stop:not(.stop-done)")) {
    line.textContent = list.dataset.finished;
  }
  if (line.textContent) stop.append(line);
}

// the moment of the first tap: sent again, it is the same visit
function bodyOf(stop, form) {
  form.dataset.at ??= new Date().toISOString();
  return {
    id: form.elements.id.value,
    target: { kind: stop.dataset.kind, id: stop.dataset.id },
    outcome: "done", happened_at: form.dataset.at, sent_at: new Date().toISOString(),
    ...(here ? { position: here } : {}),
  };
}

async function attempt(stop, button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (fault) {
    say(stop, fault instanceof TypeError || fault instanceof SyntaxError
      ? list.dataset.failed : fault.message, true);
  }
  button.disabled = false;
}

function offerUndo(stop, form, visit) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = list.dataset.undo;
  const id = crypto.randomUUID();
  button.addEventListener("click", () => attempt(stop, button, async () => {
    await send({ id, target: { kind: stop.dataset.kind, id: stop.dataset.id },
      outcome: "voided", supersedes: visit, happened_at: new Date().toISOString() });
    button.remove();
    correct.remove();
    stop.querySelector(".stop-next")?.remove();
    form.hidden = false;
    form.elements.id.value = crypto.randomUUID();
    delete form.dataset.at;
    stop.classList.remove("stop-done");
    say(stop, list.dataset.back);
    recount();
  }));
  const correct = document.createElement("a");
  correct.className = "button stop-correct";
  correct.href = `/today/visits/${visit}`;
  correct.textContent = list.dataset.correct;
  form.after(button, correct);
  button.focus({ preventScroll: true });
}

list.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-normal]");
  if (!form || !crypto.randomUUID) return;
  event.preventDefault();
  const stop = form.closest(".stop");
  attempt(stop, form.querySelector("button"), async () => {
    // the position of the first try stays too: the same id has the same content
    form.sent ??= bodyOf(stop, form);
    const told = await send(form.sent);
    delete form.sent;
    form.hidden = true;
    stop.classList.add("stop-done");
    say(stop, list.dataset.done);
    offerUndo(stop, form, told.id);
    recount();
    offerNext(stop);
  });
});

/* -- nearest first from the device's place, if it tells ------------------------------------ */

const fromHere = document.getElementById("from-here");
const said = document.getElementById("from-here-said");

function placeOf(stop) {
  return { lon: Number(stop.dataset.lon), lat: Number(stop.dataset.lat) };
}

function metres(stop, from) {
  if (!stop.dataset.lon) return Infinity;
  const radians = Math.PI / 180;
  const { lon, lat } = placeOf(stop);
  const across = (lon - from.lon) * radians * Math.cos((lat + from.lat) / 2 * radians);
  return 6371000 * Math.hypot(across, (lat - from.lat) * radians);
}

function far(distance) {
  if (!Number.isFinite(distance)) return "";
  return distance < 1000 ? list.dataset.metres.replace("{count}", Math.round(distance / 10) * 10)
    : list.dataset.kilometres.replace("{count}", (distance / 1000).toFixed(1));
}

function sortFromHere() {
  const stops = [...list.querySelectorAll(".stop")];
  for (const stop of stops) stop.querySelector(".stop-far").textContent = far(metres(stop, here));
  if (list.dataset.order === "route") {
    location.assign(routeFromHere());
    return;
  }
  stops.sort((one, other) => metres(one, here) - metres(other, here));
  list.append(...stops);
  stops.forEach((stop, index) => { stop.querySelector(".stop-number").textContent = index + 1; });
  drawStops(stops, here);
}

function routeFromHere() {
  return `/today?order=route&lon=${here.lon.toFixed(5)}&lat=${here.lat.toFixed(5)}`;
}

document.getElementById("by-route").addEventListener("click", (event) => {
  if (here) event.currentTarget.href = routeFromHere();
});

if (navigator.geolocation && window.isSecureContext) {
  fromHere.hidden = false;
  fromHere.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      here = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy };
      said.textContent = "";
      sortFromHere();
    },
    () => { said.textContent = fromHere.dataset.failed; },
    { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
  ));
}

drawStops([...list.querySelectorAll(".stop")], null);
