import type { RefObject } from "preact";
import type { Item } from "../api/shapes";
import { queues } from "../state/desk";
import type { Thread } from "../state/thread";
import { texts } from "../texts";
import { reporting } from "./report";

interface Props {
  dialog: RefObject<HTMLDialogElement | null>;
  thread: Thread;
  item: Item;
}

export function EscalationDialog({ dialog, thread, item }: Props) {
  const say = texts.value;
  const higher = queues.value.filter(({ level }) => level > item.level);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const lines = String(given.get("tried") ?? "").split("\n");
    const body = {
      queue: given.get("queue"),
      note: given.get("note"),
      tried: lines.map((line) => line.trim()).filter(Boolean),
    };
    dialog.current?.close();
    if (await reporting(() => thread.command("escalate", body))) form.reset();
  }

  return (
    <dialog ref={dialog} aria-labelledby="escalation-title">
      <form onSubmit={submit}>
        <h2 id="escalation-title">{say.escalateTitle}</h2>
        {higher.length === 0 && <p>{say.noHigher}</p>}
        <label>
          {say.toQueue}
          <select name="queue" required>
            {higher.map(({ id, name, level }) => (
              <option key={id} value={id}>
                {name} · {say.level(level)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say.summary}
          <textarea name="note" rows={4} required />
        </label>
        <label>
          {say.tried}
          <textarea name="tried" rows={3} />
        </label>
        <div class="line">
          <button type="button" onClick={() => dialog.current?.close()}>
            {say.cancel}
          </button>
          <button class="main" disabled={higher.length === 0}>
            {say.escalate}
          </button>
        </div>
      </form>
    </dialog>
  );
}
