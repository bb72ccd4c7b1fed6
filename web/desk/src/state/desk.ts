/** What an agent works with: conversations as the feed tells them, and the team around. */

import { computed, signal } from "@preact/signals";
import { get, post, Problem, put } from "../api/client";
import type { Item, Offer, Person, Queue, Tag } from "../api/shapes";
import { type Connection, Feed } from "../feed/feed";
import type { Change, View } from "../feed/view";
import { forgetPassing, passing } from "./company";
import { place } from "./route";
import { resume, session } from "./session";

const TEAM_EVERY_MS = 30_000;
const TEAM_SOON_MS = 500;
const TEAM_WATCHED_MS = 3_000;

/** Events that change how much somebody has to do. */
const MOVES = /offered|assigned|released|returned|escalated|transferred|wrapped_up|pended|woken|solved/;

let teamTimer = 0;

export const items = signal<ReadonlyMap<string, Item>>(new Map());
export const connection = signal<Connection>({ state: "connecting" });
export const queues = signal<Queue[]>([]);
export const people = signal<Person[]>([]);
export const offers = signal<Offer[]>([]);
export const tags = signal<Tag[]>([]);

export const me = computed(() => people.value.find((person) => person.agent === session.value?.agent));
export const isLive = computed(() => connection.value.state === "live");

type Listener = (changes: Change[]) => void;
const listeners = new Set<Listener>();

/** Be told of changes; returns what ends that. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begin to work; returns what ends it. */
export function begin(): () => void {
  const url = `${location.origin.replace(/^http/, "ws")}/feed`;
  const feed = new Feed({ url, ticket, changed, passing, connection: connected });
  const timer = window.setInterval(refreshTeam, TEAM_EVERY_MS);
  void refreshTeam();
  void refreshOffers();
  hurry = feed.hurry;
  tell = (...what) => feed.tell(...what);
  return () => {
    forgetPassing();
    window.clearInterval(timer);
    window.clearTimeout(teamTimer);
    feed.close();
    items.value = new Map();
    offers.value = [];
    people.value = [];
  };
}

/** Where the feed has ended, the session may have: whoever has none logs in. */
function connected(is: Connection): void {
  connection.value = is;
  if (is.state === "ended") void resume();
}

/** Try to connect at once. */
export let hurry = (): void => {};

/** Tell colleagues what one does in a conversation. */
export let tell: Feed["tell"] = () => {};

async function ticket(): Promise<string | null> {
  try {
    return (await post<{ ticket: string }>("/feed/tickets")).ticket;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

function changed(changes: Change[], view: View): void {
  items.value = new Map(view.items);
  listeners.forEach((listener) => listener(changes));
  const isMine = ({ type, entity }: Change): boolean =>
    entity === null || type === "conversation.offered" || offers.value.some((offer) => offer.conversation === entity);
  if (changes.some(isMine)) void refreshOffers();
  if (changes.some(({ type, entity }) => entity === null || MOVES.test(type))) refreshTeamSoon();
}

function refreshTeamSoon(): void {
  window.clearTimeout(teamTimer);
  teamTimer = window.setTimeout(() => void refreshTeam(), TEAM_SOON_MS);
}

export async function refreshOffers(): Promise<void> {
  await kept(offers, "/offers");
}

async function refreshTeam(): Promise<void> {
  await Promise.all([kept(queues, "/queues"), kept(people, "/presence"), kept(tags, "/tags")]);
}

/** Keep close to who is there, while somebody is chosen; returns what ends that. */
export function watchTeam(): () => void {
  const timer = window.setInterval(refreshTeam, TEAM_WATCHED_MS);
  void refreshTeam();
  return () => window.clearInterval(timer);
}

/** What cannot be read now stays as it was; the connection tells that something is amiss. */
async function kept<T>(into: { value: T }, path: string): Promise<void> {
  try {
    into.value = await get<T>(path);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

export async function declare(status: Person["status"]): Promise<void> {
  await put("/presence", { status });
  await refreshTeam();
}

export function nameOf(agent: string | null): string | null {
  return people.value.find((person) => person.agent === agent)?.name ?? null;
}

/** The level whose conversations a view has, null for other views. */
export function levelOf(view: string): number | null {
  return view.startsWith("level-") ? Number(view.slice("level-".length)) : null;
}

const WAITING = new Set(["queued", "offered"]);

/** Whether a conversation belongs in a view: a fixed one, a level's or a queue's. */
export function belongs(item: Item, view: string): boolean {
  const isDone = item.status === "solved" || item.status === "closed";
  switch (view) {
    case "mine":
      return !isDone && item.assignee === session.value?.agent && item.status !== "offered";
    case "open":
      return !isDone;
    case "pending":
    case "solved":
      return item.status === view;
    default:
      if (levelOf(view)) return !isDone && item.level === levelOf(view);
      return item.queue === view && WAITING.has(item.status);
  }
}

export const listed = computed(() =>
  [...items.value.values()].filter((item) => belongs(item, place.value.view)).sort(byUrgency),
);

const RANK: Record<string, number> = { urgent: 0, high: 1, normal: 2, low: 3 };

/** What is most urgent first; among equals what was last heard of. */
function byUrgency(a: Item, b: Item): number {
  const rank = (RANK[a.priority] ?? 2) - (RANK[b.priority] ?? 2);
  return rank || b.last_message_at.localeCompare(a.last_message_at) || a.id.localeCompare(b.id);
}

export function countIn(view: string): number {
  let count = 0;
  for (const item of items.value.values()) if (belongs(item, view)) count += 1;
  return count;
}
