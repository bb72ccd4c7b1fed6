import { useEffect } from "preact/hooks";
import type { Person, Queue } from "../api/shapes";
import { people, queues, watchTeam } from "../state/desk";
import { session } from "../state/session";
import { texts } from "../texts";
import { type Asking, Dialog } from "./Dialog";

/** To another queue of the level, down again, or to a colleague. */
export function HandoverDialog({ thread, item, close }: Asking) {
  const say = texts.value;
  const others = queues.value.filter(({ id }) => id !== item.queue);
  const level = others.filter((queue) => queue.level === item.level);
  const lower = others.filter((queue) => queue.level < item.level);
  useEffect(watchTeam, []);
  const colleagues = people.value.filter(({ agent }) => agent !== session.value?.agent);

  async function submit(given: FormData): Promise<void> {
    const [what, id] = String(given.get("to")).split(":");
    const note = String(given.get("note") ?? "").trim() || null;
    if (what === "agent") await thread.command("transfer", { agent: id, note });
    else await thread.command(what === "down" ? "de-escalate" : "transfer", { queue: id, note });
  }

  const isPossible = others.length + colleagues.length > 0;
  return (
    <Dialog title={say.passOnTitle} act={say.passOn} isPossible={isPossible} submit={submit} close={close}>
      {!isPossible && <p>{say.nobodyElse}</p>}
      <label>
        {say.to}
        <select name="to" required>
          <Queues label={say.sameLevel} what="queue" queues={level} />
          <Queues label={say.lowerLevel} what="down" queues={lower} />
          <Colleagues people={colleagues} />
        </select>
      </label>
      <label>
        {say.message}
        <textarea name="note" rows={4} />
      </label>
    </Dialog>
  );
}

/** For supervisors: to anybody, whoever has it. */
export function AssignmentDialog({ thread, item, close }: Asking) {
  const say = texts.value;
  useEffect(watchTeam, []);
  const others = people.value.filter(({ agent }) => agent !== item.assignee);

  async function submit(given: FormData): Promise<void> {
    const note = String(given.get("note") ?? "").trim() || null;
    await thread.command("assign", { agent: String(given.get("to")).split(":")[1], note });
  }

  return (
    <Dialog title={say.assignTitle} act={say.assign} isPossible={others.length > 0} submit={submit} close={close}>
      <label>
        {say.to}
        <select name="to" required>
          <Colleagues people={others} />
        </select>
      </label>
      <label>
        {say.message}
        <textarea name="note" rows={3} />
      </label>
    </Dialog>
  );
}

function Queues({ label, what, queues }: { label: string; what: string; queues: Queue[] }) {
  if (!queues.length) return null;
  return (
    <optgroup label={label}>
      {queues.map(({ id, name }) => (
        <option key={id} value={`${what}:${id}`}>
          {name}
        </option>
      ))}
    </optgroup>
  );
}

function Colleagues({ people }: { people: Person[] }) {
  const say = texts.value;
  if (!people.length) return null;
  return (
    <optgroup label={say.colleagues}>
      {people.map(({ agent, name, present, load, capacity }) => (
        <option key={agent} value={`agent:${agent}`}>
          {name} · {present ? say.load(load, capacity) : say.notThere}
        </option>
      ))}
    </optgroup>
  );
}
