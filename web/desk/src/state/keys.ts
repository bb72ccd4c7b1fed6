/** Single keys: those that elements name by `aria-keyshortcuts`, and steps through the list. */

import { signal } from "@preact/signals";

const KEPT = "desk.keys";
const STEP: Record<string, number> = { j: 1, k: -1 };
const WRITES = "input:not([type=radio], [type=checkbox]), textarea, select";

/** They can be switched off, for those who speak to their computer (WCAG 2.1.4). */
export const areKeysOn = signal(localStorage.getItem(KEPT) !== "off");

export function switchKeys(on: boolean): void {
  localStorage.setItem(KEPT, on ? "on" : "off");
  areKeysOn.value = on;
}

/** Begin to listen; returns what ends it. */
export function listenToKeys(): () => void {
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

function pressed(event: KeyboardEvent): void {
  const where = event.target as Element;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && where.matches("textarea")) return (where as HTMLElement).blur();
  if (!areKeysOn.value || where.matches(WRITES) || document.querySelector("dialog[open]")) return;
  const meant = STEP[event.key] ? neighbour(STEP[event.key]!) : named(event.key);
  if (!meant) return;
  event.preventDefault();
  if (meant.matches("input")) meant.focus();
  else meant.click();
}

function named(key: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[aria-keyshortcuts="${CSS.escape(key)}"]:not(:disabled)`);
}

/** The conversation after or before the one that is open; the first where none is. */
function neighbour(step: number): HTMLElement | null {
  const links = [...document.querySelectorAll<HTMLElement>(".list li a")];
  const at = links.findIndex((link) => link.getAttribute("aria-current"));
  return links[at < 0 ? 0 : at + step] ?? null;
}
