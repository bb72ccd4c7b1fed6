/** What is being written, by conversation and kind: it outlives the page until it is sent. */

import { session } from "./session";

export type Kind = "replies" | "notes";

/** `key` makes a repeated sending of the same words harmless. */
export interface Draft {
  text: string;
  key: string;
}

function name(conversation: string, kind: Kind): string {
  return `desk.draft.${session.value?.agent}.${conversation}.${kind}`;
}

export function draftOf(conversation: string, kind: Kind): Draft {
  const kept = sessionStorage.getItem(name(conversation, kind));
  return kept ? (JSON.parse(kept) as Draft) : { text: "", key: newKey() };
}

/** Other words are another message: they get a key of their own. */
export function keep(conversation: string, kind: Kind, text: string): Draft {
  const draft = { text, key: newKey() };
  sessionStorage.setItem(name(conversation, kind), JSON.stringify(draft));
  return draft;
}

export function forget(conversation: string, kind: Kind): void {
  sessionStorage.removeItem(name(conversation, kind));
}

/** Drop all that is not sent. */
export function forgetAll(): void {
  Object.keys(sessionStorage)
    .filter((key) => key.startsWith("desk.draft."))
    .forEach((key) => sessionStorage.removeItem(key));
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
}
