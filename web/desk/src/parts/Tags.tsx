import type { Item } from "../api/shapes";
import { tags } from "../state/desk";
import type { Thread } from "../state/thread";
import { texts } from "../texts";
import { reporting } from "./report";

export function Tags({ thread, item }: { thread: Thread; item: Item }) {
  const say = texts.value;
  const others = tags.value.filter(({ name, archived_at }) => !archived_at && !item.tags.includes(name));
  const change = (body: object): void => void reporting(() => thread.command("tags", body));
  if (!item.tags.length && !others.length) return null;
  return (
    <ul class="tags" aria-label={say.tags}>
      {item.tags.map((name) => (
        <li key={name} class="tag">
          {name}
          <button class="plain" aria-label={say.removeTag(name)} onClick={() => change({ remove: [name] })}>
            ×
          </button>
        </li>
      ))}
      {others.length > 0 && (
        <li>
          <select aria-label={say.addTag} value="" onChange={(event) => change({ add: [event.currentTarget.value] })}>
            <option value="">{say.addTag}</option>
            {others.map(({ id, name }) => (
              <option key={id} value={name}>
                {name}
              </option>
            ))}
          </select>
        </li>
      )}
    </ul>
  );
}
