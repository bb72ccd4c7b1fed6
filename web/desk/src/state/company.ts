/** Who else looks at a conversation or writes in it now, as the feed tells in passing. */

import { signal } from "@preact/signals";
import type { Passing } from "../feed/frames";
import { session } from "./session";

/** `agent` is null for the customer. */
export interface Companion {
  conversation: string;
  agent: string | null;
  name: string | null;
  kind: Passing["kind"];
}

const present = signal<ReadonlyMap<string, Companion>>(new Map());
const ends = new Map<string, number>();

export function passing({ kind, key, ttl_ms, data }: Passing): void {
  if (data.agent !== null && data.agent === session.value?.agent) return;
  const name = `${kind} ${key}`;
  window.clearTimeout(ends.get(name));
  if (ttl_ms === 0 || !data.on) return end(name);
  present.value = new Map(present.value).set(name, { ...data, kind });
  ends.set(name, window.setTimeout(() => end(name), ttl_ms));
}

function end(name: string): void {
  ends.delete(name);
  const rest = new Map(present.value);
  if (rest.delete(name)) present.value = rest;
}

export function forgetPassing(): void {
  [...ends].forEach(([name, timer]) => {
    window.clearTimeout(timer);
    end(name);
  });
}

/** Who does this in a conversation; whoever writes is not told of as looking. */
export function companions(conversation: string, kind: Passing["kind"]): Companion[] {
  const here = [...present.value.values()].filter((each) => each.conversation === conversation);
  const isWriting = (agent: string | null): boolean => here.some((each) => each.kind === "typing" && each.agent === agent);
  return here.filter((each) => each.kind === kind && (kind === "typing" || !isWriting(each.agent)));
}
