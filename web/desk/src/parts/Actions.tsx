import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Item } from "../api/shapes";
import { offers } from "../state/desk";
import { session } from "../state/session";
import type { Thread } from "../state/thread";
import { texts } from "../texts";
import type { Asking } from "./Dialog";
import { EscalationDialog } from "./EscalationDialog";
import { AssignmentDialog, HandoverDialog } from "./HandoverDialog";
import { MergeDialog } from "./MergeDialog";
import { PendingDialog } from "./PendingDialog";
import { reporting } from "./report";

/** Done at once, or after a dialog. `key` does it from the keyboard. */
interface Action {
  name: string;
  key: string;
  act?: () => Promise<void>;
  dialog?: ComponentType<Asking>;
  isMain?: boolean;
}

export function Actions({ thread, item }: { thread: Thread; item: Item }) {
  const asked = useSignal<Action | null>(null);
  const Asked = asked.value?.dialog;
  return (
    <div class="actions">
      {actionsFor(thread, item).map((action) => (
        <button
          key={action.name}
          class={action.isMain ? "main" : ""}
          aria-keyshortcuts={action.key}
          onClick={() => (action.act ? void reporting(action.act) : (asked.value = action))}
        >
          {action.dialog ? `${action.name}…` : action.name}
        </button>
      ))}
      {Asked && <Asked thread={thread} item={item} close={() => (asked.value = null)} />}
    </div>
  );
}

/** What the agent may do now, the likeliest first. */
function actionsFor(thread: Thread, item: Item): Action[] {
  const actions = now(thread, item);
  const leads = session.value?.role !== "agent";
  const isOpen = item.status !== "solved" && item.status !== "closed";
  if (leads && isOpen) actions.push({ name: texts.value.assign, key: "a", dialog: AssignmentDialog });
  return actions;
}

function now(thread: Thread, item: Item): Action[] {
  const say = texts.value;
  const command = (name: string, key: string, what: string): Action => ({
    name,
    key,
    act: () => thread.command(what),
  });
  const offer = offers.value.find(({ conversation }) => conversation === item.id);
  const isMine = item.status === "assigned" && item.assignee === session.value?.agent;
  if (item.status === "offered" && offer) {
    return [
      { name: say.accept, key: "t", act: () => thread.answerOffer(offer.id, "accept"), isMain: true },
      { name: say.decline, key: "d", act: () => thread.answerOffer(offer.id, "decline") },
    ];
  }
  if (isMine) {
    return [
      { ...command(say.solve, "s", "solve"), isMain: true },
      { name: say.layAside, key: "z", dialog: PendingDialog },
      { name: say.passOn, key: "p", dialog: HandoverDialog },
      { name: say.escalate, key: "e", dialog: EscalationDialog },
      { name: say.merge, key: "m", dialog: MergeDialog },
      command(say.release, "b", "release"),
    ];
  }
  if (item.status === "queued") return [{ ...command(say.take, "t", "take"), isMain: true }];
  if (item.status === "solved") return [command(say.reopen, "t", "take")];
  return item.status === "pending" ? [{ ...command(say.wake, "t", "wake"), isMain: true }] : [];
}
