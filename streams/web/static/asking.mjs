// Forms that ask for something become commands: filled in, signed here, sent, and answered where they stand.
import { kept } from "./keeping.mjs";
import { line } from "./signing.mjs";

const told = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
const HOUR_MS = 3600 * 1000;

// What a field adds to a command's arguments; undefined where it was left empty. now: ms since 1970.
export function valueOf(field, now) {
  const kind = field.dataset.kind ?? "text";
  if (kind === "flag") return field.checked ? true : undefined;
  const value = field.value.trim();
  if (value === "") return undefined;
  const read = {
    text: () => value,
    integer: () => whole(Number(value)),
    number: () => Number(value),
    list: () => value.split("\n").map((one) => one.trim()).filter((one) => one !== ""),
    time: () => whole(Date.parse(`${value}Z`)),
    hours: () => whole(Math.round(Number(value) * HOUR_MS)),
    hours_from_now: () => whole(now + Math.round(Number(value) * HOUR_MS)),
  }[kind];
  if (read === undefined) throw new TypeError(`${field.name}: no such kind of field: ${kind}`);
  return read();
}

function whole(value) {
  if (!Number.isSafeInteger(value)) throw new RangeError("a number or a time in this form cannot be read");
  return value;
}

async function asked(form) {
  const response = await fetch("/clock", { credentials: "same-origin" });
  if (response.status === 401) throw new RangeError("your session is over: load this page again, and log in");
  const { now_ms: now } = await response.json();
  const args = JSON.parse(form.dataset.args);
  let why = "";
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.name === "why") why = field.value.trim();
    else {
      const value = valueOf(field, now);
      if (value !== undefined) args[field.name] = value;
    }
  }
  return { id: crypto.randomUUID(), at_ms: now, by: told("tipstaff-name"), verb: form.dataset.verb, args, why };
}

async function sent(form) {
  const mine = await kept();
  if (mine === null || mine.name !== told("tipstaff-name"))
    return { ending: "refused", detail: "your key is not in this browser any more: log out, and log in again" };
  const response = await fetch("/commands", {
    method: "POST", credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-Tipstaff-CSRF": told("tipstaff-csrf") },
    body: await line(mine, await asked(form)),
  });
  return await response.json();
}

const ENDINGS = { done: "Done", waits: "Waits", refused: "Refused" };

async function submitted(event) {
  event.preventDefault();
  const form = event.target;
  if ("danger" in form.dataset && !confirm(`${form.getAttribute("aria-label")}?`)) return;
  const answer = form.querySelector(".answer");
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  answer.textContent = "Signed and sent; waiting for the answer…";
  try {
    const { ending, detail } = await sent(form);
    const words = `${ENDINGS[ending]}: ${detail || form.getAttribute("aria-label")}`;
    answer.textContent = words;
    answer.dataset.ending = ending;
    if (ending !== "refused") {
      sessionStorage.setItem("flash", words);
      location.reload();
      return;
    }
  } catch (error) {
    answer.textContent = `Not sent, or not answered: ${error.message}. Look whether it was done before you repeat it.`;
    answer.dataset.ending = "refused";
  }
  button.disabled = false;
}

export function listen() {
  for (const form of document.querySelectorAll("form.command")) form.addEventListener("submit", submitted);
  const words = sessionStorage.getItem("flash");
  if (words !== null) {
    sessionStorage.removeItem("flash");
    document.getElementById("flash").textContent = words;
  }
}
