/* Follows a piece of long work until it is over, then shows the page with its result. */
import { inWords } from "./work_words.js";

const section = document.getElementById("job");
const message = section.querySelector("[data-message]");
const bar = section.querySelector("progress");
const cancel = section.querySelector("[data-cancel]");
const offline = section.querySelector("[data-offline]");
const address = `/api/v1/jobs/${section.dataset.no}`;
const EVERY_MS = 700;
const token = document.querySelector("meta[name='csrf-token']").content;

/** The job, or null where the server could not be asked. */
async function ask(url, options = {}) {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json", "X-CSRFToken": token }, ...options });
    return answer.ok ? await answer.json() : null;
  } catch (fault) {
    if (fault instanceof TypeError) return null;         // the network, not us
    throw fault;
  }
}

function show(job) {
  offline.hidden = job !== null;
  if (job === null) return;
  const words = inWords(job.message);
  if (words && message.textContent !== words) message.textContent = words;
  bar.max = job.total || 1;
  bar.value = job.done;
  cancel.disabled = job.cancel_requested;
}

async function follow() {
  const job = await ask(address);
  show(job);
  if (job?.over) location.reload();
  else setTimeout(follow, EVERY_MS);
}

cancel.addEventListener("click", async () => {
  cancel.disabled = true;
  show(await ask(`${address}/cancel`, { method: "POST" }));
});
follow();
