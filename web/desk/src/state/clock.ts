/** The time that pages show by: it moves once a second. */

import { signal } from "@preact/signals";

export const now = signal(Date.now());
window.setInterval(() => (now.value = Date.now()), 1000);
