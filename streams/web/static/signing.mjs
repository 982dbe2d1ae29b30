// What is signed, and how: the same bytes as streams/enforcement/people/commands.py and streams/web/challenges.py.
import { canonical } from "./canonical.mjs";

const ED25519 = { name: "Ed25519" };
const PKCS8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const bytes = (text) => new TextEncoder().encode(text);
const unbase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

export class Refused extends Error {}

// A credential file's name and key; the key can sign and cannot be read any more. Throws Refused.
export async function credentialIn(written) {
  let read;
  try {
    read = JSON.parse(written);
  } catch {
    throw new Refused("This file is no credential: it is not JSON.");
  }
  if (typeof read?.name !== "string" || typeof read?.private_key !== "string" || typeof read?.public_key !== "string")
    throw new Refused("This file is no credential: it needs name, public_key and private_key.");
  const key = await keyOf(read);
  if (!(await belongs(key, read.public_key)))
    throw new Refused("The two keys of this file do not belong together: the file was changed. Restore it.");
  return { name: read.name, key };
}

async function keyOf(read) {
  let seed;
  try {
    seed = unbase64(read.private_key);
  } catch {
    throw new Refused("The key in this file cannot be read: it is not base64.");
  }
  if (seed.length !== 32) throw new Refused("The key in this file cannot be read: it is not 32 bytes long.");
  try {
    return await crypto.subtle.importKey("pkcs8", new Uint8Array([...PKCS8, ...seed]), ED25519, false, ["sign"]);
  } catch {
    throw new Refused("This browser cannot sign with Ed25519. Use a newer one, or the command line: tipstaff --help.");
  }
}

async function belongs(key, publicText) {
  try {
    const open = await crypto.subtle.importKey("raw", unbase64(publicText), ED25519, true, ["verify"]);
    const probe = bytes("tipstaff probe 1\n");
    return await crypto.subtle.verify(ED25519, open, await crypto.subtle.sign(ED25519, key, probe), probe);
  } catch {
    return false;
  }
}

async function signature(key, seal, what) {
  return base64(await crypto.subtle.sign(ED25519, key, bytes(seal + canonical(what))));
}

// What is sent to log in at a host, given its challenge.
export async function login(credential, nonce, host) {
  const { name, key } = credential;
  return { name, nonce, signature: await signature(key, "tipstaff login 1\n", { name, nonce, host }) };
}

// A command as one signed line.
export async function line(credential, command) {
  return canonical({ command, signature: await signature(credential.key, "tipstaff command 1\n", command) });
}
