/** What the reports are asked for, kept while one looks elsewhere. */

import { signal } from "@preact/signals";

const DAY_MS = 86_400_000;

export const PERIODS = [7, 28, 91, 364] as const;
export const BREAKDOWNS = [
  "queue",
  "agent",
  "level",
  "type",
  "tag",
  "priority",
  "language",
  "hour",
  "weekday",
] as const;

export const days = signal<number>(28);
export const clock = signal<"wall" | "business">("wall");
export const breakdown = signal<string>("queue");

/** The query of the period that is chosen: so many days, today the last. */
export function periodQuery(more: Record<string, string> = {}): string {
  const today = new Date();
  const until = Date.UTC(today.getFullYear(), today.getMonth(), today.getDate() + 1);
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const period = { from: day(until - days.value * DAY_MS), until: day(until), clock: clock.value };
  return new URLSearchParams({ ...period, ...more }).toString();
}
