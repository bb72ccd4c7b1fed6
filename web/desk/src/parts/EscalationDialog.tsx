import { queues } from "../state/desk";
import { texts } from "../texts";
import { type Asking, Dialog } from "./Dialog";

export function EscalationDialog({ thread, item, close }: Asking) {
  const say = texts.value;
  const higher = queues.value.filter(({ level }) => level > item.level);

  async function submit(given: FormData): Promise<void> {
    const lines = String(given.get("tried") ?? "").split("\n");
    const tried = lines.map((line) => line.trim()).filter(Boolean);
    await thread.command("escalate", { queue: given.get("queue"), note: given.get("note"), tried });
  }

  return (
    <Dialog title={say.escalateTitle} act={say.escalate} isPossible={higher.length > 0} submit={submit} close={close}>
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
    </Dialog>
  );
}
