/** One connection to the feed, kept for as long as the page is there. */

import { Backoff } from "./backoff";
import type { Frame, Passing, Told, Welcome } from "./frames";
import { type Change, Gap, View } from "./view";

const SUBSCRIPTION = "desk";
const VERSION = 1;
const FINAL = 4500;
const OPEN_MS = 15_000;
const QUIET_BEATS = 1.4;
const SILENT_BEATS = 2.2;

/**
 * `live` is said only while what is shown is whole and the server is heard in time; `quiet` when a
 * heartbeat is late; `ended` when coming back is of no use. `until` is an instant of `performance.now()`.
 */
export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "quiet" }
  | { state: "waiting"; until: number }
  | { state: "ended"; code: number };

/** What a feed needs of the page. `ticket` answers null where there is nobody logged in any more. */
export interface Surroundings {
  url: string;
  ticket: () => Promise<string | null>;
  changed: (changes: Change[], view: View) => void;
  passing: (passing: Passing) => void;
  connection: (connection: Connection) => void;
}

export class Feed {
  readonly view = new View();
  private socket: WebSocket | null = null;
  private readonly backoff = new Backoff();
  private timers: number[] = [];
  private retry = 0;
  private attempt = 0;
  private heartbeat = OPEN_MS;
  private ackEvery = 64;
  private unacknowledged = 0;
  private target = 0;
  private asked: number | null = null;
  private isClosed = false;

  constructor(private readonly around: Surroundings) {
    window.addEventListener("offline", this.lose);
    window.addEventListener("online", this.hurry);
    void this.connect();
  }

  /** End for good. */
  close(): void {
    this.isClosed = true;
    window.removeEventListener("offline", this.lose);
    window.removeEventListener("online", this.hurry);
    this.drop();
  }

  /** Tell colleagues what one does in a conversation; lost where there is no connection. */
  tell(what: Passing["kind"], conversation: string, on: boolean): void {
    this.say({ t: what, conversation, on });
  }

  /** Come back now, without waiting. */
  hurry = (): void => {
    if (this.socket || this.isClosed) return;
    window.clearTimeout(this.retry);
    void this.connect();
  };

  private async connect(): Promise<void> {
    const attempt = ++this.attempt;
    this.around.connection({ state: "connecting" });
    let ticket: string | null;
    try {
      ticket = await this.around.ticket();
    } catch {
      if (attempt === this.attempt) this.later();
      return;
    }
    if (attempt !== this.attempt || this.isClosed) return;
    if (ticket === null) this.end(4501);
    else this.open(ticket);
  }

  private open(ticket: string): void {
    const socket = new WebSocket(this.around.url);
    this.socket = socket;
    this.asked = null;
    socket.onopen = () => this.say({ t: "hello", token: ticket, v: VERSION, client: "desk" });
    socket.onmessage = (message) => this.socket === socket && this.heard(message.data as string);
    socket.onclose = (event) => this.socket === socket && this.closed(event.code);
    this.watch(OPEN_MS, OPEN_MS);
  }

  private heard(text: string): void {
    const frame = JSON.parse(text) as Frame;
    this.watch(QUIET_BEATS * this.heartbeat, SILENT_BEATS * this.heartbeat);
    switch (frame.t) {
      case "welcome":
        return this.welcomed(frame);
      case "ping":
        this.acknowledge();
        this.say({ t: "pong" });
        return this.assure();
      case "eph":
        return this.around.passing(frame);
      case "bye":
        this.asked = frame.retry_ms;
        return frame.code >= FINAL ? this.end(frame.code) : undefined;
      case "snap":
      case "resumed":
      case "reset":
      case "mark":
      case "ev":
      case "evs":
        return this.take(frame);
    }
  }

  private welcomed(welcome: Welcome): void {
    this.heartbeat = welcome.heartbeat_s * 1000;
    this.ackEvery = Math.max(1, Math.floor(welcome.window.frames / 4));
    this.unacknowledged = 0;
    const cursor = this.view.cursor;
    this.view.epoch ??= welcome.epoch;
    this.say({ t: "sub", id: SUBSCRIPTION, filter: {}, ...(cursor ? { cursor } : { snapshot: true }) });
  }

  private take(frame: Told): void {
    let changes: Change[];
    try {
      changes = this.view.apply(frame);
    } catch (error) {
      if (!(error instanceof Gap)) throw error;
      return this.lose();
    }
    if (frame.t === "resumed") this.target = frame.to;
    if (frame.t === "reset") this.target = 0;
    if (frame.t === "ev" || frame.t === "evs") this.unacknowledged += 1;
    if (this.unacknowledged >= this.ackEvery) this.acknowledge();
    if (changes.length) this.around.changed(changes, this.view);
    this.assure();
  }

  private assure(): void {
    const isCurrent = this.view.isWhole && this.view.pos >= this.target;
    if (!isCurrent) return this.around.connection({ state: "connecting" });
    this.backoff.succeeded();
    this.around.connection({ state: "live" });
  }

  private acknowledge(): void {
    if (!this.unacknowledged) return;
    this.unacknowledged = 0;
    this.say({ t: "ack", sub: SUBSCRIPTION, pos: this.view.pos });
  }

  private say(frame: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private watch(quiet: number, silent: number): void {
    this.timers.forEach((timer) => window.clearTimeout(timer));
    this.timers = [
      window.setTimeout(() => this.around.connection({ state: "quiet" }), quiet),
      window.setTimeout(this.lose, silent),
    ];
  }

  private lose = (): void => {
    if (this.isClosed) return;
    this.drop();
    this.later();
  };

  private closed(code: number): void {
    if (code >= FINAL && code < FINAL + 100) return this.end(code);
    const asked = this.asked;
    this.drop();
    this.later(asked);
  }

  private later(asked: number | null = null): void {
    if (this.isClosed) return;
    window.clearTimeout(this.retry);
    const wait = this.backoff.next(asked);
    this.around.connection({ state: "waiting", until: performance.now() + wait });
    this.retry = window.setTimeout(() => void this.connect(), wait);
  }

  private end(code: number): void {
    this.close();
    this.around.connection({ state: "ended", code });
  }

  private drop(): void {
    this.attempt += 1;
    window.clearTimeout(this.retry);
    this.timers.forEach((timer) => window.clearTimeout(timer));
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
