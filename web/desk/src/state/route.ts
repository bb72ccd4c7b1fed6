/** Where in the desk one is: the path says it, so that links lead there. */

import { computed, signal } from "@preact/signals";

const BASE = "/desk/";

/** `view` is a fixed one, or the id of a queue. */
export interface Place {
  view: string;
  conversation: string | null;
}

const path = signal(location.pathname);
window.addEventListener("popstate", () => (path.value = location.pathname));

export const place = computed<Place>(() => {
  const [view, conversation] = path.value.replace(/^\/desk\/?/, "").split("/");
  return { view: view || "open", conversation: conversation || null };
});

export function linkTo(view: string, conversation?: string | null): string {
  return BASE + view + (conversation ? `/${conversation}` : "");
}

export function go(link: string): void {
  if (link !== path.value) history.pushState(null, "", link);
  path.value = link;
}

/** Follow a link of the desk without a new page, unless the reader asks for one. */
export function follow(event: MouseEvent): void {
  const link = (event.currentTarget as HTMLAnchorElement).pathname;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(link);
}
