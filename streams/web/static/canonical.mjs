// Canonical JSON (RFC 8785), as streams/enforcement/audit/canonical.py writes it.

// JSON.stringify writes numbers and texts as RFC 8785 asks; what is left is the order of keys, which sort() gives by
// UTF-16 code units, and to refuse what has no bytes.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const named = Object.keys(value).sort().map((key) => `${text(key)}:${canonical(value[key])}`);
    return `{${named.join(",")}}`;
  }
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return number(value);
  if (value === null || typeof value === "boolean") return String(value);
  throw new TypeError(`${typeof value} has no canonical JSON`);
}

function text(value) {
  if (/\p{Surrogate}/u.test(value)) throw new TypeError("a text is not Unicode");
  return JSON.stringify(value);
}

function number(value) {
  if (!Number.isFinite(value)) throw new TypeError("a number is not finite");
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new TypeError("a number is beyond 2^53");
  return JSON.stringify(value);
}
