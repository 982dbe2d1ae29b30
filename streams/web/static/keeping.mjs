// Where the browser keeps the key that one logged in with: it can sign there, and can be read by nobody, us included.
const IDLE_MS = 30 * 60 * 1000; // as long as the server keeps an idle session, and any session
const MOST_MS = 12 * 3600 * 1000;
const STORE = "keys";
const MINE = "mine";

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function store(mode) {
  const opening = indexedDB.open("tipstaff", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return (await done(opening)).transaction(STORE, mode).objectStore(STORE);
}

export async function keep({ name, key }) {
  const now = Date.now();
  await done((await store("readwrite")).put({ name, key, since: now, used: now }, MINE));
}

export async function forget() {
  await done((await store("readwrite")).delete(MINE));
}

// {name, key}, or null where there is none any more; a page that is looked at counts as use.
export async function kept(using = true) {
  const found = await done((await store("readonly")).get(MINE));
  if (!found) return null;
  const now = Date.now();
  if (now - found.used >= IDLE_MS || now - found.since >= MOST_MS) {
    await forget();
    return null;
  }
  if (using) await done((await store("readwrite")).put({ ...found, used: now }, MINE));
  return found;
}
