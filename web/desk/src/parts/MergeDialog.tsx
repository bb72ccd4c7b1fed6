import { items } from "../state/desk";
import { titleOf } from "../state/naming";
import { go, linkTo, place } from "../state/route";
import { atTime, texts } from "../texts";
import { type Asking, Dialog } from "./Dialog";

const OVER = new Set(["solved", "closed"]);

/** Into another open conversation of the same contact. */
export function MergeDialog({ thread, item, close }: Asking) {
  const say = texts.value;
  const others = [...items.value.values()].filter(
    (other) => other.id !== item.id && other.contact?.id === item.contact?.id && !OVER.has(other.status),
  );

  async function submit(given: FormData): Promise<void> {
    const into = String(given.get("into"));
    await thread.command("merge", { into });
    go(linkTo(place.value.view, into));
  }

  return (
    <Dialog title={say.mergeTitle} act={say.merge} isPossible={others.length > 0} submit={submit} close={close}>
      <p>{others.length ? say.mergeHelp : say.noOther}</p>
      {others.map((other, at) => (
        <label key={other.id} class="check">
          <input type="radio" name="into" value={other.id} required defaultChecked={at === 0} />
          <span>
            {titleOf(other)}{" "}
            <span class="hint">
              {say.status[other.status]} · {atTime(other.last_message_at)}
            </span>
          </span>
        </label>
      ))}
    </Dialog>
  );
}
