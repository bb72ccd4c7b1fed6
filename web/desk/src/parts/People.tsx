import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Agent, Secret } from "../api/admin";
import { del, get, patch, post } from "../api/client";
import { session } from "../state/session";
import { texts } from "../texts";
import { reporting } from "./report";
import { ShownOnce } from "./ShownOnce";

const ROLES = ["agent", "supervisor", "admin"] as const;

/** Who works here: what they may do, how much they are given, how they get in. */
export function People() {
  const say = texts.value;
  const people = useSignal<Agent[] | null>(null);

  async function load(): Promise<void> {
    people.value = await get<Agent[]>("/agents");
  }

  function change(act: () => Promise<unknown>): void {
    void reporting(async () => {
      await act();
      await load();
    });
  }

  function hire(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const body = { name: given.get("name"), email: given.get("email"), role: given.get("role") };
    change(async () => {
      await post("/agents", body);
      form.reset();
    });
  }

  useEffect(() => change(async () => undefined), []);
  if (!people.value) return <p role="status">{say.loading}</p>;
  return (
    <>
      <form class="terms" onSubmit={hire} aria-label={say.hire}>
        <label>
          {say.personName}
          <input name="name" required />
        </label>
        <label>
          {say.email}
          <input name="email" type="email" required />
        </label>
        <RoleChoice role="agent" />
        <button>{say.hire}</button>
      </form>
      {people.value.map((agent) => (
        <PersonTerms key={agent.id} agent={agent} change={change} />
      ))}
    </>
  );
}

interface Terms {
  agent: Agent;
  change: (act: () => Promise<unknown>) => void;
}

function PersonTerms({ agent, change }: Terms) {
  const say = texts.value;
  const invitation = useSignal<Secret | null>(null);
  const { id, name, email, role, capacity, load } = agent;
  const isMe = session.value?.agent === id;

  function save(event: SubmitEvent): void {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const changed = { name: given.get("name"), capacity: Number(given.get("capacity")), role: given.get("role") };
    change(() => patch(`/agents/${id}`, changed));
  }

  function leave(): void {
    if (confirm(say.letGoSure(name))) change(() => del(`/agents/${id}`));
  }

  return (
    <details class="queue">
      <summary>
        {name} <span class="hint">{[email, say.roles[role], say.load(load, capacity)].join(" · ")}</span>
      </summary>
      <form class="terms" onSubmit={save}>
        <label>
          {say.personName}
          <input name="name" required defaultValue={name} />
        </label>
        <RoleChoice role={role} />
        <label>
          {say.capacity}
          <input name="capacity" type="number" min={0} max={1000} required defaultValue={String(capacity)} />
        </label>
        <button>{say.save}</button>
      </form>
      <section aria-label={say.gettingIn} class="line marks">
        <button
          onClick={() => change(async () => (invitation.value = await post<Secret>(`/agents/${id}/invitations`)))}
        >
          {say.invite}
        </button>
        <button onClick={() => change(() => del(`/agents/${id}/second-factor`))}>{say.forgetFactor}</button>
        {!isMe && <button onClick={leave}>{say.letGo}</button>}
      </section>
      {invitation.value && (
        <ShownOnce says={say.invitationHelp(name)} secret={`${location.origin}/desk/join#${invitation.value.secret}`} />
      )}
    </details>
  );
}

function RoleChoice({ role }: { role: Agent["role"] }) {
  const say = texts.value;
  return (
    <label>
      {say.role}
      <select name="role" defaultValue={role}>
        {ROLES.map((each) => (
          <option key={each} value={each} selected={each === role}>
            {say.roles[each]}
          </option>
        ))}
      </select>
    </label>
  );
}
