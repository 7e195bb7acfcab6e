/* The columns of a place: two columns or one; what is not shown is not sent. */
const form = document.querySelector("form[action$='/columns']");

function showPlace() {
  const chosen = form.elements.pair?.value;
  for (const part of form.querySelectorAll("[data-pair]")) {
    part.hidden = (part.dataset.pair === "yes") !== Boolean(chosen);
    for (const field of part.querySelectorAll("select")) field.disabled = part.hidden;
  }
}

form.addEventListener("change", showPlace);
showPlace();
