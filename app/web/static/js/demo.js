/* The bar that follows the demo city while it is being filled. */
import { inWords } from "./work_words.js";

const EVERY_MS = 1000;

/** Ask once a second; when the filling is over, show the page anew with the data. */
export function followDemo(section) {
  const bar = section.querySelector("progress");
  const message = section.querySelector("[data-message]");
  const ask = async () => {
    const job = await readProgress();
    if (job === undefined) return setTimeout(ask, EVERY_MS);
    if (job === null || (job.over && job.state === "done")) return finish(section);
    message.textContent = inWords(job.message);
    bar.max = job.total || 1;
    bar.value = job.done;
    if (!job.over) return setTimeout(ask, EVERY_MS);
    message.textContent = section.dataset.failed;
    return undefined;
  };
  setTimeout(ask, EVERY_MS);
}

/** The job, null when there is none, undefined when the server could not be asked. */
async function readProgress() {
  try {
    const answer = await fetch("/demo-progress", { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : undefined;
  } catch (fault) {
    if (fault instanceof TypeError) return undefined;     // the network, not us
    throw fault;
  }
}

/** A page with a form that somebody may be filling in is left alone. */
function finish(section) {
  const typing = document.querySelector("main form[method='post']");
  if (typing) section.hidden = true;
  else location.reload();
}
