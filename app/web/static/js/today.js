/* The day's list: one tap records a normal stop and offers the next; undo appends a further event.
   Without this file the same forms are posted and the page is loaded again. */
import { drawStops } from "./today_map.js";

const list = document.getElementById("stops");
const count = document.getElementById("today-count");
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

function recount() {
  const left = list.querySelectorAll(".stop:not(.stop-done)").length;
  count.textContent = left === 1 ? count.dataset.one : count.dataset.many.replace("{count}", left);
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
    form.hidden = false;
    form.elements.id.value = crypto.randomUUID();
    delete form.dataset.at;
    stop.classList.remove("stop-done");
    say(stop, list.dataset.back);
    recount();
  }));
  form.after(button);
  button.focus();
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
    const next = list.querySelector(".stop:not(.stop-done)");
    next?.scrollIntoView({ block: "nearest" });
  });
});

/* -- nearest first from the device's place, if it tells ------------------------------------ */

const fromHere = document.getElementById("from-here");
const said = document.getElementById("from-here-said");

function metres(stop) {
  if (!stop.dataset.lon) return Infinity;
  const radians = Math.PI / 180;
  const [lon, lat] = [Number(stop.dataset.lon), Number(stop.dataset.lat)];
  const across = (lon - here.lon) * radians * Math.cos((lat + here.lat) / 2 * radians);
  return 6371000 * Math.hypot(across, (lat - here.lat) * radians);
}

function far(distance) {
  if (!Number.isFinite(distance)) return "";
  return distance < 1000 ? list.dataset.metres.replace("{count}", Math.round(distance / 10) * 10)
    : list.dataset.kilometres.replace("{count}", (distance / 1000).toFixed(1));
}

function sortFromHere() {
  const stops = [...list.querySelectorAll(".stop")];
  for (const stop of stops) stop.querySelector(".stop-far").textContent = far(metres(stop));
  stops.sort((one, other) => metres(one) - metres(other));
  list.append(...stops);
  stops.forEach((stop, index) => { stop.querySelector(".stop-number").textContent = index + 1; });
  drawStops(stops, here);
}

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
