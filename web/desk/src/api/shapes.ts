/** What the API answers with, as far as the desk reads it: /openapi.json. */

export type Status = "queued" | "offered" | "assigned" | "pending" | "solved" | "closed";

export interface Item {
  id: string;
  channel: string;
  kind: string;
  identity: { space: string; address: string } | null;
  contact: { id: string; name: string | null } | null;
  subject: string | null;
  status: Status;
  queue: string;
  level: number;
  priority: string;
  assignee: string | null;
  type: string | null;
  language: string | null;
  tags: string[];
  opened_at: string;
  last_message_at: string;
  message_count: number;
  solved_at: string | null;
  snoozed_until: string | null;
  due_at: string | null;
  ver: number;
}

export interface Attachment {
  id: string;
  filename: string;
  content_type: string;
  size: number;
  inline: boolean;
  refused: string | null;
  scan: string | null;
  url: string | null;
}

export interface Delivery {
  id: string;
  recipient: string;
  state: string;
  failure: string | null;
  detail: string | null;
}

export interface Message {
  id: string;
  seq: number;
  direction: "inbound" | "outbound" | "note";
  agent_name: string | null;
  sender: { space: string; address: string } | null;
  subject: string | null;
  text: string;
  new_text: string | null;
  html: string | null;
  automatic: boolean;
  sent_at: string | null;
  created_at: string;
  attachments: Attachment[];
  deliveries: Delivery[];
}

export interface Decision {
  id: string;
  decided_at: string;
  because: string[];
  error: string | null;
}

export interface Queue {
  id: string;
  name: string;
  level: number;
  mode: string;
  paused: boolean;
}

export interface Person {
  agent: string;
  name: string;
  status: "online" | "away";
  present: boolean;
  draining: boolean;
  capacity: number;
  load: number;
}

export interface Offer {
  id: string;
  conversation: string;
  queue: string;
  offered_at: string;
  expires_at: string;
}

export interface Tag {
  id: string;
  name: string;
  archived_at: string | null;
}

export interface Session {
  agent: string;
  role: string;
  csrf: string;
  logout_url: string | null;
}

export interface Outcome {
  conversation: string;
  ver: number;
  pos: number;
  message: string | null;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Summary {
  id: string;
  channel: string;
  subject: string | null;
  status: Status;
  opened_at: string;
  last_message_at: string;
}

export interface Contact {
  id: string;
  name: string | null;
  attributes: Record<string, unknown>;
  identities: { id: string; space: string; address: string; opted_out: string[] }[];
  conversations: Summary[];
}

export interface Highlight {
  pieces: { text: string; hit: boolean }[];
}

export interface Hit {
  message: string;
  created_at: string;
  highlights: Highlight[];
  conversation: Item;
}

/** `contacts` have no conversations here. */
export interface Found {
  messages: Hit[];
  contacts: Omit<Contact, "conversations">[];
  next: string | null;
}

export interface Macro {
  id: string;
  name: string;
  tags: string[];
  afterwards: "solve" | "pend" | null;
}

export interface Preview {
  text: string;
  missing: string[];
}

/** What a survey did about a conversation, and what the customer said. */
export interface Asked {
  survey: string;
  name: string;
  kind: "csat" | "nps" | "ces";
  skipped: string | null;
  score: number | null;
  comment: string | null;
}

/** A channel over which agents can write first. */
export interface WritableChannel {
  id: string;
  name: string;
  kind: "email" | "sms";
  address: string;
}
