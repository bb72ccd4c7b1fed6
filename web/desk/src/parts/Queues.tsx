import { useSignal } from "@preact/signals";
import type { QueueTerms } from "../api/admin";
import { get, patch, post } from "../api/client";
import { now } from "../state/clock";
import { type Loaded, useLoaded } from "../state/loading";
import { fromNow, texts } from "../texts";
import { QueueMembers } from "./QueueMembers";
import { reporting } from "./report";

const LEVELS = [1, 2, 3];
const MODES = ["pull", "offer", "direct"] as const;

/** Queues, how each gives its conversations, and to whom. */
export function Queues() {
  const loaded = useSignal<Loaded<QueueTerms[]>>({});
  useLoaded("/queues", loaded);
  const queues = loaded.value.value;

  function change(act: () => Promise<unknown>): void {
    void reporting(async () => {
      await act();
      loaded.value = { value: await get<QueueTerms[]>("/queues") };
    });
  }

  if (!queues) return <p role="status">{texts.value.loading}</p>;
  return (
    <>
      <div class="rows">
        {queues.map((queue) => (
          <Queue key={queue.id} queue={queue} change={change} />
        ))}
      </div>
      <NewQueue key={queues.length} change={change} />
    </>
  );
}

type Change = (act: () => Promise<unknown>) => void;

function Queue({ queue, change }: { queue: QueueTerms; change: Change }) {
  const say = texts.value;
  const isOpen = useSignal(false);
  const path = `/queues/${queue.id}`;
  const wait = say.waitingSince(queue.waiting, queue.oldest_at ? fromNow(queue.oldest_at, now.value) : "");
  return (
    <details
      class="queue"
      role="group"
      aria-label={queue.name}
      onToggle={(event) => (isOpen.value = event.currentTarget.open)}
    >
      <summary>
        <strong>{queue.name}</strong> <span class="mark">{say.level(queue.level)}</span>{" "}
        {queue.paused && <span class="mark due">{say.paused}</span>}{" "}
        <span class="hint">{queue.is_default ? `${wait}; ${say.standard}` : wait}</span>
      </summary>
      <form class="terms" onSubmit={(event) => save(event, (terms) => change(() => patch(path, terms)))}>
        <label>
          {say.queueName}
          <input name="name" required maxLength={200} defaultValue={queue.name} />
        </label>
        <label>
          {say.mode}
          <select name="mode">
            {MODES.map((mode) => (
              <option key={mode} value={mode} selected={mode === queue.mode}>
                {say.modes[mode]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say.offerSeconds}
          <input name="offer_timeout_s" type="number" required defaultValue={String(queue.offer_timeout_s)} />
        </label>
        <label>
          {say.wrapUpSeconds}
          <input name="wrap_up_s" type="number" required defaultValue={String(queue.wrap_up_s)} />
        </label>
        <button class="main">{say.save}</button>
        <button type="button" onClick={() => change(() => post(`${path}/${queue.paused ? "unpause" : "pause"}`))}>
          {queue.paused ? say.resume : say.pause}
        </button>
      </form>
      {isOpen.value && <QueueMembers queue={queue.id} />}
    </details>
  );
}

function NewQueue({ change }: { change: Change }) {
  const say = texts.value;
  return (
    <form class="terms" aria-label={say.newQueue} onSubmit={(event) => save(event, (queue) => change(() => post("/queues", queue)))}>
      <label>
        {say.queueName}
        <input name="name" required maxLength={200} />
      </label>
      <label>
        {say.queueLevel}
        <select name="level">
          {LEVELS.map((level) => (
            <option key={level} value={level}>
              {say.level(level)}
            </option>
          ))}
        </select>
      </label>
      <button class="main">{say.add}</button>
    </form>
  );
}

/** Hand on what a form says; numbers are numbers. */
function save(event: SubmitEvent, hand: (given: Record<string, string | number>) => void): void {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
  const typed = Object.entries(given).map(([name, value]) => [name, /_s$|^level$/.test(name) ? Number(value) : value]);
  hand(Object.fromEntries(typed));
}
