/** The frames of the feed that the desk reads: docs/feed-protocol.md, /asyncapi.json. */

import type { Item } from "../api/shapes";

export interface Event {
  prev: number;
  pos: number;
  type: string;
  entity: string;
  ver: number;
  data: { conversation?: Partial<Item> };
}

interface Step {
  sub: string;
}

export type Told =
  | ({ t: "snap"; part: number; last: boolean; at: number; items: Item[] } & Step)
  | ({ t: "resumed"; from: number; to: number } & Step)
  | ({ t: "reset"; reason: string; cursor: string } & Step)
  | ({ t: "mark"; prev: number; pos: number } & Step)
  | ({ t: "ev" } & Step & Event)
  | ({ t: "evs"; items: Event[] } & Step);

/** Something that passes: forget what `kind` and `key` name after `ttl_ms`. */
export interface Passing {
  t: "eph";
  kind: "typing" | "viewing";
  key: string;
  ttl_ms: number;
  data: { conversation: string; agent: string | null; name: string | null; on: boolean };
}

export interface Welcome {
  t: "welcome";
  epoch: string;
  heartbeat_s: number;
  window: { frames: number };
}

export type Frame =
  | Told
  | Welcome
  | { t: "ping" }
  | Passing
  | { t: "scope" }
  | { t: "err"; detail: string }
  | { t: "bye"; code: number; retry_ms: number | null };
