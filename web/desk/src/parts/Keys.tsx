import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ApiKey, Secret } from "../api/admin";
import { del, get, post } from "../api/client";
import { atTime, texts } from "../texts";
import { reporting } from "./report";
import { ShownOnce } from "./ShownOnce";

const ROLES = ["provider", "agent", "supervisor", "admin"] as const;

/** Keys by which programs call the API. */
export function Keys() {
  const say = texts.value;
  const keys = useSignal<ApiKey[] | null>(null);
  const made = useSignal<Secret | null>(null);

  function change(act: () => Promise<unknown>): void {
    void reporting(async () => {
      await act();
      keys.value = await get<ApiKey[]>("/keys");
    });
  }

  function create(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    change(async () => {
      made.value = await post<Secret>("/keys", { name: given.get("name"), role: given.get("role") });
      form.reset();
    });
  }

  useEffect(() => change(async () => undefined), []);
  if (!keys.value) return <p role="status">{say.loading}</p>;
  return (
    <>
      <form class="terms" onSubmit={create} aria-label={say.newKey}>
        <label>
          {say.keyName}
          <input name="name" required />
        </label>
        <label>
          {say.role}
          <select name="role">
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {say.roles[role]}
              </option>
            ))}
          </select>
        </label>
        <button>{say.newKey}</button>
      </form>
      {made.value && <ShownOnce says={say.keyHelp} secret={made.value.secret} />}
      <ul class="rows">
        {keys.value.map(({ id, name, role, created_at, revoked_at }) => (
          <li key={id}>
            <span>
              {name} <span class="hint">{`${say.roles[role] ?? role} · ${atTime(created_at)}`}</span>
            </span>
            {revoked_at ? (
              <span class="mark plain">{say.revoked(atTime(revoked_at))}</span>
            ) : (
              <button
                aria-label={say.revokeKey(name)}
                onClick={() => {
                  if (confirm(say.revokeSure(name))) change(() => del(`/keys/${id}`));
                }}
              >
                {say.revoke}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
