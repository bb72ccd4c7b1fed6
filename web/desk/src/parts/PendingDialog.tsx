import { useSignal } from "@preact/signals";
import { now } from "../state/clock";
import { texts } from "../texts";
import { type Asking, Dialog } from "./Dialog";

const MORNING = 9;

/** As a field of type `datetime-local` has it: the agent's own time, in minutes. */
function local(moment: Date): string {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

function inDays(days: number): Date {
  const moment = new Date(now.value);
  moment.setDate(moment.getDate() + days);
  moment.setHours(MORNING, 0, 0, 0);
  return moment;
}

/** Days until Monday, at least one. */
function untilMonday(): number {
  return ((8 - new Date(now.value).getDay()) % 7) || 7;
}

export function PendingDialog({ thread, close }: Asking) {
  const say = texts.value;
  const isDated = useSignal(false);
  const until = useSignal(local(inDays(1)));

  async function submit(given: FormData): Promise<void> {
    const moment = isDated.value ? new Date(until.value).toISOString() : null;
    await thread.command("pend", { until: moment, keep: given.has("keep") });
  }

  const soon: [string, () => Date][] = [
    [say.inAnHour, () => new Date(now.value + 3_600_000)],
    [say.tomorrow, () => inDays(1)],
    [say.nextWeek, () => inDays(untilMonday())],
  ];
  return (
    <Dialog title={say.layAsideTitle} act={say.layAside} submit={submit} close={close}>
      <label class="check">
        <input type="radio" name="how" checked={!isDated.value} onChange={() => (isDated.value = false)} />
        {say.untilCustomer}
      </label>
      <label class="check">
        <input type="radio" name="how" checked={isDated.value} onChange={() => (isDated.value = true)} />
        {say.untilTime}
      </label>
      {isDated.value && (
        <div class="dated">
          <label>
            {say.goOnAt}
            <input
              type="datetime-local"
              required
              min={local(new Date(now.value))}
              value={until.value}
              onInput={(event) => (until.value = event.currentTarget.value)}
            />
          </label>
          <p class="soon">
            {soon.map(([name, moment]) => (
              <button key={name} type="button" onClick={() => (until.value = local(moment()))}>
                {name}
              </button>
            ))}
          </p>
        </div>
      )}
      <label class="check">
        <input type="checkbox" name="keep" checked />
        {say.keepMine}
      </label>
    </Dialog>
  );
}
