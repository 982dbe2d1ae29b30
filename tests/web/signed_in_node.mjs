// Reads one JSON value: {folder, values, credential, nonce, host, command}; writes what the page's scripts make of it.
import { readFileSync } from "node:fs";

const { folder, values, credential, nonce, host, command } = JSON.parse(readFileSync(0, "utf8"));
const { canonical } = await import(`${folder}/canonical.mjs`);
const { credentialIn, line, login } = await import(`${folder}/signing.mjs`);

const mine = await credentialIn(JSON.stringify(credential));
const refusals = [];
for (const wrong of [{}, { ...credential, private_key: "AAAA" }, { ...credential, public_key: "AAAA" }])
  refusals.push(await credentialIn(JSON.stringify(wrong)).then(() => "", (error) => error.message));
let readable = true;
await crypto.subtle.exportKey("pkcs8", mine.key).catch(() => { readable = false; });
process.stdout.write(JSON.stringify({
  canonical: values.map(canonical), login: await login(mine, nonce, host), line: await line(mine, command),
  refusals, readable,
}));
