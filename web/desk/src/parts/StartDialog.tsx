import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { post } from "../api/client";
import type { Outcome, WritableChannel } from "../api/shapes";
import { type Loaded, useLoaded } from "../state/loading";
import { go, linkTo } from "../state/route";
import { texts } from "../texts";
import { Dialog } from "./Dialog";

/** Writes to a customer first; what was begun is then open. */
export function StartDialog({ close }: { close: () => void }) {
  const say = texts.value;
  const channels = useSignal<Loaded<WritableChannel[]>>({});
  const chosen = useSignal("");
  const key = useMemo(() => crypto.randomUUID(), []);
  useLoaded("/writable-channels", channels);
  const found = channels.value.value ?? [];
  const channel = found.find(({ id }) => id === chosen.value) ?? found[0];

  async function submit(given: FormData): Promise<void> {
    const field = (name: string): string | null => String(given.get(name) ?? "").trim() || null;
    const names = ["channel", "address", "name", "subject", "text"];
    const body = Object.fromEntries(names.map((name) => [name, field(name)]));
    const done = await post<Outcome>("/conversations", body, key);
    go(linkTo("mine", done.conversation));
  }

  return (
    <Dialog title={say.startTitle} act={say.sendFirst} isPossible={found.length > 0} submit={submit} close={close}>
      {channels.value.value?.length === 0 && <p>{say.noChannelToStart}</p>}
      <label>
        {say.startFrom}
        <select name="channel" value={channel?.id} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          {found.map(({ id, name, address }) => (
            <option key={id} value={id}>
              {name} · {address}
            </option>
          ))}
        </select>
      </label>
      <label>
        {channel?.kind === "sms" ? say.number : say.mailAddress}
        <input name="address" inputmode={channel?.kind === "sms" ? "tel" : "email"} required />
      </label>
      <label>
        {say.customerName}
        <input name="name" />
      </label>
      {channel?.kind === "email" && (
        <label>
          {say.subject}
          <input name="subject" required />
        </label>
      )}
      <label>
        {say.text}
        <textarea name="text" rows={6} required />
      </label>
    </Dialog>
  );
}
