/** The state of a subscription, without any I/O: frames in, changes out. */

import type { Item } from "../api/shapes";
import type { Event, Told } from "./frames";

/** The chain of `prev` is broken: something was not received. */
export class Gap extends Error {}

/** `type` is `reset`, without an entity, where everything held was exchanged for a snapshot. */
export interface Change {
  type: string;
  entity: string | null;
}

const GONE = new Set(["conversation.erased", "left_view"]);

export class View {
  items = new Map<string, Item>();
  epoch: string | null = null;
  pos = 0;
  isWhole = false;
  private arriving = new Map<string, Item>();

  /** Where to go on from; null where only a snapshot helps. */
  get cursor(): string | null {
    return this.isWhole && this.epoch !== null ? `${this.epoch}.${this.pos}` : null;
  }

  /** Take a frame. Throws `Gap`; nothing after the gap is applied. */
  apply(frame: Told): Change[] {
    switch (frame.t) {
      case "reset":
        this.epoch = frame.cursor.slice(0, frame.cursor.lastIndexOf("."));
        this.isWhole = false;
        return [];
      case "snap":
        return this.snap(frame);
      case "mark":
        this.follow(frame);
        return [];
      case "ev":
        return this.event(frame);
      case "evs":
        return frame.items.flatMap((event) => this.event(event));
      case "resumed":
        return [];
    }
  }

  /** The former state stays until the new one is whole. */
  private snap(frame: Told & { t: "snap" }): Change[] {
    if (frame.part === 0) this.arriving = new Map();
    for (const item of frame.items) this.arriving.set(item.id, item);
    if (!frame.last) return [];
    this.items = this.arriving;
    this.arriving = new Map();
    this.pos = frame.at;
    this.isWhole = true;
    return [{ type: "reset", entity: null }];
  }

  /** Go on to an event or mark; whether it is news. */
  private follow(step: { prev: number; pos: number }): boolean {
    if (step.pos <= this.pos) return false;
    if (step.prev !== this.pos) throw new Gap(`at ${this.pos}, told of ${step.pos} after ${step.prev}`);
    this.pos = step.pos;
    return true;
  }

  private event(event: Event): Change[] {
    if (!this.follow(event)) return [];
    this.merge(event);
    return [{ type: event.type, entity: event.entity }];
  }

  private merge({ type, entity, ver, data }: Event): void {
    const change = data.conversation;
    if (GONE.has(type) || change?.status === "closed") {
      this.items.delete(entity);
      return;
    }
    const held = this.items.get(entity);
    if (held ? ver > held.ver : change) {
      this.items.set(entity, { ...(held ?? ({ id: entity } as Item)), ...change, ver });
    }
  }
}
