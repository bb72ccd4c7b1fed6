/** Where in the desk one is: the path says it, so that links lead there. */

import { computed, signal } from "@preact/signals";

const BASE = "/desk/";

/** `view` is a fixed one, a level's, or the id of a queue; `words` are those of a search. */
export interface Place {
  view: string;
  conversation: string | null;
  words: string;
}

const path = signal(location.pathname + location.search);
window.addEventListener("popstate", () => (path.value = location.pathname + location.search));

export const place = computed<Place>(() => {
  const [where, query] = path.value.split("?");
  const [view, conversation] = where!.replace(/^\/desk\/?/, "").split("/");
  const words = new URLSearchParams(query).get("q") ?? "";
  return { view: view || "open", conversation: conversation || null, words };
});

/** Within a search the words stay, unless there are others. */
export function linkTo(view: string, conversation?: string | null, words = place.value.words): string {
  const query = view === "search" && words ? `?q=${encodeURIComponent(words)}` : "";
  return BASE + view + (conversation ? `/${conversation}` : "") + query;
}

export function go(link: string): void {
  if (link !== path.value) history.pushState(null, "", link);
  path.value = link;
}

/** Follow a link of the desk without a new page, unless the reader asks for one. */
export function follow(event: MouseEvent): void {
  const { pathname, search } = event.currentTarget as HTMLAnchorElement;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(pathname + search);
}
