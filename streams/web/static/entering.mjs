// Logging in and out.
import { forget, keep, kept } from "./keeping.mjs";
import { Refused, credentialIn, login } from "./signing.mjs";

async function post(path, content) {
  const body = content === undefined ? undefined : JSON.stringify(content);
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", credentials: "same-origin", headers, body });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.detail);
  return answer;
}

async function enter(credential) {
  const { nonce } = await post("/login/challenge");
  await post("/login", await login(credential, nonce, location.host));
}

function on(selector, act) {
  const form = document.querySelector(selector);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = form.querySelector(".answer");
    answer.textContent = "One moment…";
    try {
      answer.textContent = await act(form);
    } catch (error) {
      answer.textContent = error instanceof Refused ? error.message : `This did not work: ${error.message}`;
    }
  });
}

async function byFile(form) {
  if (!globalThis.crypto?.subtle) throw new Refused("Browsers sign on 127.0.0.1 and localhost only: open it by that name.");
  const credential = await credentialIn(await form.elements.credential.files[0].text());
  await enter(credential);
  await keep(credential);
  location.reload();
  return "Logged in.";
}

async function again() {
  const mine = await kept();
  if (mine === null) throw new Refused("The key is not here any more: choose your credential's file.");
  await enter(mine);
  location.reload();
  return "Logged in.";
}

async function offer() {
  const form = document.querySelector("form[data-again]");
  const mine = form && (await kept(false));
  if (!mine) return;
  form.querySelector("[data-whose]").textContent = mine.name;
  form.hidden = false;
}

export function listen() {
  on("form[data-login]", byFile);
  on("form[data-again]", again);
  on("form[data-link]", async () => (await post("/enter")).detail);
  const leaving = document.querySelector("form[data-logout]");
  leaving?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await forget().catch(() => {});
    leaving.submit();
  });
  offer();
}
