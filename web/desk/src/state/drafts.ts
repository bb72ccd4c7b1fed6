/** What is being written, by conversation and kind: it outlives the page until it is sent. */

import type { Attachment, Macro } from "../api/shapes";
import { session } from "./session";

export type Kind = "replies" | "notes";

export interface Words {
  text: string;
  files: Attachment[];
  macro: Macro | null;
}

/** `key` makes a repeated sending of the same words harmless. */
export interface Draft extends Words {
  key: string;
}

function name(conversation: string, kind: Kind): string {
  return `desk.draft.${session.value?.agent}.${conversation}.${kind}`;
}

export function draftOf(conversation: string, kind: Kind): Draft {
  const kept = sessionStorage.getItem(name(conversation, kind));
  return kept ? (JSON.parse(kept) as Draft) : { text: "", files: [], macro: null, key: newKey() };
}

/** Other words are another message: they get a key of their own. */
export function keep(conversation: string, kind: Kind, change: Partial<Words>): Draft {
  const draft = { ...draftOf(conversation, kind), ...change, key: newKey() };
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

/** What the API is told of a draft. */
export function spoken({ text, files, macro }: Draft, kind: Kind): object {
  const said = { text: text.trim() ? text : null, attachments: files.map(({ id }) => id) };
  return kind === "replies" ? { ...said, macro: macro?.id ?? null } : said;
}

export function isEmpty({ text, files }: Draft): boolean {
  return !text.trim() && !files.length;
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
}
