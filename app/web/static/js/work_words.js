/* What long work says while it runs, in the reader's language. */
const words = JSON.parse(document.getElementById("work-words")?.textContent ?? "{}");

export const inWords = (message) => words[message] ?? message ?? "";
