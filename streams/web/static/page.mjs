// What every page does once it is there.
import { listen as toForms } from "./asking.mjs";
import { listen as toDoors } from "./entering.mjs";
import { kept } from "./keeping.mjs";

const MINUTE_MS = 60 * 1000;

toDoors();
toForms();
if (document.querySelector('meta[name="tipstaff-name"]')) kept();
setInterval(() => kept(false).catch(() => {}), MINUTE_MS); // an idle page lets its key go
