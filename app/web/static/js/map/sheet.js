/* The sheet of a phone: a strip with the first line and the legend, or the whole panel. */
import { texts } from "./context.js";

const sheet = document.getElementById("sheet");
const handle = document.getElementById("sheet-handle");

export function openSheet(open) {
  sheet.classList.toggle("expanded", open);
  handle.setAttribute("aria-expanded", String(open));
  handle.firstElementChild.textContent = open ? texts.collapse : texts.expand;
}

/** Tap the handle, or drag it up or down. */
export function installSheet() {
  let from = null;
  handle.addEventListener("click", () => openSheet(!sheet.classList.contains("expanded")));
  handle.addEventListener("touchstart", (event) => { from = event.touches[0].clientY; }, { passive: true });
  handle.addEventListener("touchend", (event) => {
    const moved = from === null ? 0 : event.changedTouches[0].clientY - from;
    from = null;
    if (Math.abs(moved) < 24) return;
    event.preventDefault();                     // a drag is no tap
    openSheet(moved < 0);
  });
}
