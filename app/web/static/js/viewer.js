/* Shows a photo large over the page; arrow keys and buttons go through those of the same visit.
   Without this file a small photo is a link to the large one. */
const dialog = document.getElementById("viewer");
const image = dialog.querySelector("img");
const said = dialog.querySelector(".viewer-said");
const steps = [...dialog.querySelectorAll("[data-step]")];
let photos = [];
let position = 0;

function show(index) {
  position = index;
  const link = photos[position];
  image.src = link.href;
  image.alt = link.querySelector("img").alt;
  said.textContent = link.dataset.said ?? image.alt;
  for (const step of steps) {
    step.hidden = photos.length < 2;
    step.disabled = !photos[position + Number(step.dataset.step)];
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-photo]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  photos = [...link.closest("ul").querySelectorAll("a[data-photo]")];
  show(photos.indexOf(link));
  dialog.showModal();
});

image.addEventListener("error", () => { said.textContent = dialog.dataset.failed; });
for (const step of steps) {
  step.addEventListener("click", () => show(position + Number(step.dataset.step)));
}
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
// beside the photo is outside
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("keydown", (event) => {
  const next = position + { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (photos[next]) show(next);
});
dialog.addEventListener("close", () => {
  photos[position]?.focus();
  image.removeAttribute("src");
});
