/* Asking the server, and telling the reader when it does not answer. */
import { say } from "./context.js";

const banner = document.getElementById("banner");

/** An answer that is no answer; `sentence` is what the server said, where it said something. */
export class Unanswered extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** JSON from our own server; null when the question was withdrawn. */
export async function askJson(url, signal) {
  const answer = await askServer(url, signal, "application/json");
  return answer && answer.json();
}

/** A page of ours as text; null when the question was withdrawn. */
export async function askPage(url, signal) {
  const answer = await askServer(url, signal, "text/html");
  return answer && answer.text();
}

async function askServer(url, signal, accept) {
  try {
    const answer = await fetch(url, { signal, headers: { Accept: accept } });
    if (answer.ok) {
      clearBanner();
      return answer;
    }
    throw new Unanswered(answer.status, await sentenceOf(answer));
  } catch (fault) {
    if (fault.name === "AbortError") return null;
    if (fault instanceof Unanswered) throw fault;
    throw new Unanswered(0, say(navigator.onLine ? "failed" : "offline"));
  }
}

async function sentenceOf(answer) {
  if (answer.status === 401) return say("signedOut");
  if (!answer.headers.get("Content-Type")?.includes("json")) return say("failed");
  return (await answer.json()).detail ?? say("failed");
}

/** A tile that did not come; what is drawn stays. */
export function sayUnanswered(fault) {
  if (fault.status === 401) showBanner(say("signedOut"));
  else if (fault.status !== undefined || fault instanceof TypeError) {
    showBanner(say(navigator.onLine ? "failed" : "offline"));
  } else throw fault;
}

export function showBanner(sentence) {
  banner.textContent = sentence;
  banner.hidden = false;
}

export function clearBanner() {
  if (navigator.onLine) banner.hidden = true;
}

/** Run a question; a refusal or a lost network becomes the quiet banner. */
export async function orBanner(question) {
  try {
    return await question;
  } catch (fault) {
    if (!(fault instanceof Unanswered)) throw fault;
    showBanner(fault.message);
    return null;
  }
}

addEventListener("offline", () => showBanner(say("offline")));
addEventListener("online", clearBanner);
