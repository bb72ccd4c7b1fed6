import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Agent, Member } from "../api/admin";
import { del, get, put } from "../api/client";
import { texts } from "../texts";
import { reporting } from "./report";

/** Who is given what waits in a queue; the most proficient of those who are free comes first. */
export function QueueMembers({ queue }: { queue: string }) {
  const say = texts.value;
  const members = useSignal<Member[]>([]);
  const agents = useSignal<Agent[]>([]);
  const path = `/queues/${queue}/members`;

  function change(act?: () => Promise<unknown>): void {
    void reporting(async () => {
      await act?.();
      members.value = await get<Member[]>(path);
    });
  }

  useEffect(() => {
    change(async () => (agents.value = await get<Agent[]>("/agents")));
  }, [queue]);

  function add(event: SubmitEvent): void {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const proficiency = Number(given.get("proficiency"));
    change(() => put(`${path}/${String(given.get("agent"))}`, { proficiency }));
  }

  const others = agents.value.filter(({ id }) => members.value.every(({ agent }) => agent !== id));
  return (
    <section aria-label={say.members}>
      <h2>{say.members}</h2>
      {members.value.length === 0 && <p class="hint">{say.noMembers}</p>}
      <ul class="rows">
        {members.value.map(({ agent, name, proficiency }) => (
          <li key={agent}>
            <span>
              {name} <span class="hint">{`${say.proficiency} ${proficiency}`}</span>
            </span>
            <button aria-label={say.remove(name)} onClick={() => change(() => del(`${path}/${agent}`))}>
              ×
            </button>
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <form class="terms" onSubmit={add}>
          <label>
            {say.addMember}
            <select name="agent">
              {others.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            {say.proficiency}
            <input name="proficiency" type="number" min={1} max={100} required defaultValue="1" />
          </label>
          <button>{say.add}</button>
        </form>
      )}
    </section>
  );
}
