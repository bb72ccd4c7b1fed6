/** What admins are told, as far as the desk reads it: /openapi.json. */

export interface Held {
  id: string;
  channel: string;
  state: "held" | "replayed" | "discarded";
  code: string;
  detail: string;
  envelope: Record<string, string>;
  received_at: string;
}

export interface FailedDelivery {
  id: string;
  conversation: string;
  channel: string;
  recipient: string;
  attempts: number;
  failure: string | null;
  detail: string | null;
  created_at: string;
}

export interface Act {
  id: string;
  at: string;
  by: string | null;
  action: string;
  target: string | null;
  changes: { table: string; field: string; before: unknown; after: unknown }[];
}

export interface QueueTerms {
  id: string;
  name: string;
  level: number;
  is_default: boolean;
  paused: boolean;
  waiting: number;
  oldest_at: string | null;
  mode: "pull" | "offer" | "direct";
  offer_timeout_s: number;
  wrap_up_s: number;
}

export interface Member {
  agent: string;
  name: string;
  proficiency: number;
}

export interface Agent {
  id: string;
  name: string;
  email: string;
  role: "agent" | "supervisor" | "admin";
  capacity: number;
  load: number;
}

/** What is told once: the secret of an invitation or of a key. */
export interface Secret {
  secret: string;
}

export interface ApiKey {
  id: string;
  name: string;
  role: string;
  created_at: string;
  revoked_at: string | null;
}

export interface Channel {
  id: string;
  name: string;
}
