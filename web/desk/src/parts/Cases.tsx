import { useSignal } from "@preact/signals";
import type { Case, Unit } from "../api/figures";
import { get } from "../api/client";
import type { Page } from "../api/shapes";
import { nameOf, queues } from "../state/desk";
import { clock, type Loaded, periodQuery, useLoaded } from "../state/reports";
import { follow, linkTo } from "../state/route";
import { atTime, figureOf, texts } from "../texts";
import { reporting } from "./report";

const AT_ONCE = "20";

/** The conversations behind a figure, the latest first, each a link to its thread. */
export function Cases({ name, unit }: { name: string; unit: Unit }) {
  const say = texts.value;
  const query = periodQuery({ figure: name, limit: AT_ONCE });
  const page = useSignal<Loaded<Page<Case>>>({});
  useLoaded(`/figures/conversations?${query}`, page);
  const shown = page.value.value;
  if (!shown) return null;

  async function more({ items, next }: Page<Case>): Promise<void> {
    const cursor = encodeURIComponent(next ?? "");
    const rest = await get<Page<Case>>(`/figures/conversations?${query}&cursor=${cursor}`);
    page.value = { value: { items: [...items, ...rest.items], next: rest.next } };
  }

  return (
    <>
      <h3>{say.conversations}</h3>
      {shown.items.length === 0 && <p class="hint">{say.noCases}</p>}
      <ol class="cases">
        {shown.items.map((each) => (
          <li key={`${each.conversation} ${each.at}`}>
            <a href={linkTo("open", each.conversation)} onClick={follow}>
              {atTime(each.at)}
            </a>
            <span>{resultOf(each, unit)}</span>
            <span class="hint">{whereOf(each)}</span>
          </li>
        ))}
      </ol>
      {shown.next && <button onClick={() => void reporting(() => more(shown))}>{say.more}</button>}
    </>
  );
}

function resultOf(each: Case, unit: Unit): string {
  const say = texts.value;
  if (unit === "share") return each.hit ? say.yes : say.no;
  if (unit === "cases") return "";
  return figureOf(clock.value === "business" ? each.business_s : each.seconds, unit);
}

function whereOf({ queue, agent, type }: Case): string {
  const name = queues.value.find(({ id }) => id === queue)?.name;
  return [name, nameOf(agent), type].filter(Boolean).join(" · ");
}
