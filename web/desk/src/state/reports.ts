/** What the reports are asked for, kept while one looks elsewhere. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../api/client";

const DAY_MS = 86_400_000;
const REFRESH_MS = 60_000;

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

export interface Loaded<T> {
  value?: T;
  problem?: Problem;
}

/** What a path answers, asked again every minute; of another path, nothing is shown meanwhile. */
export function useLoaded<T>(path: string, into: { value: Loaded<T> }): void {
  useEffect(() => {
    let isWanted = true;
    const load = async (): Promise<void> => {
      try {
        const value = await get<T>(path);
        if (isWanted) into.value = { value };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (isWanted) into.value = { ...into.value, problem: error };
      }
    };
    into.value = {};
    void load();
    const timer = window.setInterval(load, REFRESH_MS);
    return () => {
      isWanted = false;
      window.clearInterval(timer);
    };
  }, [path]);
}
