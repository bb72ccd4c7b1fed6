/** What of each conversation the agent has not seen yet, in this browser. */

import { computed, signal } from "@preact/signals";
import type { Item } from "../api/shapes";
import { belongs, items } from "./desk";
import { session } from "./session";

const OVER = new Set(["solved", "closed"]);

function name(): string {
  return `desk.seen.${session.peek()?.agent}`;
}

const seen = signal<Record<string, number>>({});

/** Learn again what was seen; in other tabs, too. Returns what ends that. */
export function recallSeen(): () => void {
  const recall = (): void => void (seen.value = JSON.parse(localStorage.getItem(name()) ?? "{}"));
  recall();
  window.addEventListener("storage", recall);
  return () => window.removeEventListener("storage", recall);
}

/** Conversations that are gone are forgotten. */
export function markSeen(conversation: string, count: number): void {
  if ((seen.peek()[conversation] ?? 0) >= count) return;
  const known = Object.entries(seen.peek()).filter(([id]) => items.peek().has(id));
  seen.value = { ...Object.fromEntries(known), [conversation]: count };
  localStorage.setItem(name(), JSON.stringify(seen.value));
}

export function isUnread({ id, status, message_count }: Item): boolean {
  return !OVER.has(status) && message_count > (seen.value[id] ?? 0);
}

/** How many of one's own conversations have something new. */
export const unreadOfMine = computed(
  () => [...items.value.values()].filter((item) => belongs(item, "mine") && isUnread(item)).length,
);
