/** The time that pages show by: the server's, as far as it is known. It moves once a second. */

import { signal } from "@preact/signals";

const TOLERATED_MS = 2_000;

export const now = signal(Date.now());
let skew = 0;

/** Learn the server's time from an answer, which tells it in whole seconds (RFC 9110, 6.6.1). */
export function learn(answer: Response): void {
  const told = Date.parse(answer.headers.get("Date") ?? "") + 500;
  const away = told - Date.now();
  if (!Number.isNaN(away)) skew = Math.abs(away) > TOLERATED_MS ? away : 0;
}

window.setInterval(() => (now.value = Date.now() + skew), 1000);
