/** What pages show that no feed tells: asked for over HTTP. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../api/client";
import type { Page } from "../api/shapes";
import { reporting } from "../parts/report";

const REFRESH_MS = 60_000;

export interface Loaded<T> {
  value?: T;
  problem?: Problem;
}

/** What a path answers, asked again every minute; of another path, nothing is shown meanwhile. */
export function useLoaded<T>(path: string, into: Signal<Loaded<T>>): void {
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

/** Pages of a list; `more` gets the next one, `reload` begins anew. */
export interface Paged<T> {
  items?: T[];
  next: string | null;
  more: () => Promise<void>;
  reload: () => Promise<void>;
}

/** The pages of a path that has a query. Raises `Problem` in `more` and `reload`. */
export function usePages<T>(path: string): Paged<T> {
  const pages = useSignal<Partial<Page<T>>>({});
  const wanted = useSignal(path);

  async function load(before: T[], cursor: string | null): Promise<void> {
    const page = await get<Page<T>>(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);
    if (wanted.value === path) pages.value = { items: [...before, ...page.items], next: page.next };
  }

  useEffect(() => {
    wanted.value = path;
    pages.value = {};
    void reporting(() => load([], null));
  }, [path]);
  const { items, next = null } = pages.value;
  return { ...(items && { items }), next, more: () => load(items ?? [], next), reload: () => load([], null) };
}
