/** The conversation that is open: its item, and what was said in it. */

import { signal } from "@preact/signals";
import { get, post, Problem } from "../api/client";
import type { Item, Message, Outcome, Page } from "../api/shapes";
import { items, listen, refreshOffers } from "./desk";
import { markSeen } from "./unread";

const UNSETTLED = new Set(["queued", "sending"]);

export class Thread {
  readonly item = signal<Item | null>(null);
  readonly messages = signal<Message[]>([]);
  readonly isLoading = signal(true);
  readonly problem = signal<Problem | null>(null);
  private isReading = false;
  private isStale = false;
  private isClosed = false;
  private seen = 0;
  private readonly unlisten: () => void;

  constructor(readonly id: string) {
    this.unlisten = listen((changes) => {
      const isOurs = changes.some(({ entity }) => entity === id || entity === null);
      const isRewritten = changes.some(
        ({ type, entity }) => entity === null || (entity === id && /emptied|changed|absorbed|split/.test(type)),
      );
      if (isOurs) void this.refresh(isRewritten);
    });
    void this.refresh();
  }

  close(): void {
    this.isClosed = true;
    this.unlisten();
  }

  /** The newest that is known of it, by the feed or by asking. */
  get current(): Item | null {
    const told = items.value.get(this.id);
    const asked = this.item.value;
    return told && (!asked || told.ver >= asked.ver) ? told : asked;
  }

  /** Whether it was seen and is no longer: it has gone to a queue that one does not see. */
  get isOutOfSight(): boolean {
    return this.item.value !== null && this.problem.value?.status === 404;
  }

  /** Read what is new; all of it where earlier messages may be others. Calls meanwhile make one more. */
  async refresh(isWhole = false): Promise<void> {
    if (isWhole) this.isRewritten = true;
    this.isStale = true;
    if (this.isReading) return;
    this.isReading = true;
    try {
      while (this.isStale && !this.isClosed) {
        this.isStale = false;
        await this.read();
      }
    } finally {
      this.isReading = false;
      this.isLoading.value = false;
    }
  }

  private isRewritten = false;

  private async read(): Promise<void> {
    const after = this.isRewritten ? 0 : this.settled();
    this.isRewritten = false;
    try {
      const [item, fresh] = await Promise.all([get<Item>(`/conversations/${this.id}`), this.since(after)]);
      if (this.isClosed) return;
      this.item.value = item;
      this.messages.value = [...this.messages.value.filter(({ seq }) => seq <= after), ...fresh];
      this.problem.value = null;
      this.tellRead();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem.value = error;
      this.isRewritten ||= after === 0;
    }
  }

  private settled(): number {
    const open = this.messages.value.find(({ deliveries }) => deliveries.some(({ state }) => UNSETTLED.has(state)));
    return open ? open.seq - 1 : (this.messages.value.at(-1)?.seq ?? 0);
  }

  private async since(after: number): Promise<Message[]> {
    const found: Message[] = [];
    for (let next: string | null = String(after); next !== null; ) {
      const path: string = `/conversations/${this.id}/messages?file_links=true&limit=100&after=${next}`;
      const page: Page<Message> = await get<Page<Message>>(path);
      found.push(...page.items);
      next = page.next;
    }
    return found;
  }

  /** Tell how far the agent has read what they see. */
  tellRead(): void {
    const last = this.messages.value.at(-1)?.seq ?? 0;
    if (!document.hidden) markSeen(this.id, Math.max(last, this.item.value?.message_count ?? 0));
    if (last <= this.seen || document.hidden) return;
    this.seen = last;
    post(`/conversations/${this.id}/read`, { seq: last }).catch(() => (this.seen = 0));
  }

  /** Let the conversation be changed. Throws `Problem`. */
  async command(what: string, body?: object, key?: string): Promise<void> {
    await this.changing(post<Outcome>(`/conversations/${this.id}/${what}`, body, key));
  }

  async answerOffer(offer: string, what: "accept" | "decline"): Promise<void> {
    await this.changing(post<Outcome>(`/offers/${offer}/${what}`, what === "decline" ? { reason: "busy" } : undefined));
  }

  private async changing(command: Promise<Outcome>): Promise<void> {
    try {
      await command;
    } finally {
      void refreshOffers();
      void this.refresh();
    }
  }
}
