import { useRef } from "preact/hooks";
import type { Item } from "../api/shapes";
import { offers } from "../state/desk";
import { session } from "../state/session";
import type { Thread } from "../state/thread";
import { texts } from "../texts";
import { EscalationDialog } from "./EscalationDialog";
import { reporting } from "./report";

interface Action {
  name: string;
  act: () => Promise<void>;
  isMain?: boolean;
}

export function Actions({ thread, item }: { thread: Thread; item: Item }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isMine = item.status === "assigned" && item.assignee === session.value?.agent;
  return (
    <div class="actions">
      {actionsFor(thread, item, isMine).map(({ name, act, isMain }) => (
        <button key={name} class={isMain ? "main" : ""} onClick={() => void reporting(act)}>
          {name}
        </button>
      ))}
      {isMine && <button onClick={() => dialog.current?.showModal()}>{texts.value.escalate}…</button>}
      {isMine && <EscalationDialog dialog={dialog} thread={thread} item={item} />}
    </div>
  );
}

/** What the agent may do now, the likeliest first. */
function actionsFor(thread: Thread, item: Item, isMine: boolean): Action[] {
  const say = texts.value;
  const command = (name: string, what: string, body?: object): Action => ({
    name,
    act: () => thread.command(what, body),
  });
  const offer = offers.value.find(({ conversation }) => conversation === item.id);
  if (item.status === "offered" && offer) {
    return [
      { name: say.accept, act: () => thread.answerOffer(offer.id, "accept"), isMain: true },
      { name: say.decline, act: () => thread.answerOffer(offer.id, "decline") },
    ];
  }
  if (isMine) {
    return [
      { ...command(say.solve, "solve"), isMain: true },
      command(say.pend, "pend", { keep: true }),
      command(say.release, "release"),
    ];
  }
  if (item.status === "queued") return [{ ...command(say.take, "take"), isMain: true }];
  if (item.status === "solved") return [command(say.reopen, "take")];
  return item.status === "pending" ? [{ ...command(say.wake, "wake"), isMain: true }] : [];
}
