/* What the pages of the account can do with scripts: show a password, copy, print. */

for (const box of document.querySelectorAll("[data-shows]")) {
  box.closest("label").hidden = false;
  box.addEventListener("change", () => {
    for (const id of box.dataset.shows.split(" ")) {
      document.getElementById(id).type = box.checked ? "text" : "password";
    }
  });
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).innerText.trim());
    button.textContent = button.dataset.done;
  });
}

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
