import type { Case, Unit } from "../api/figures";
import { nameOf, queues } from "../state/desk";
import { usePages } from "../state/loading";
import { clock, periodQuery } from "../state/reports";
import { follow, linkTo } from "../state/route";
import { atTime, figureOf, texts } from "../texts";
import { More } from "./More";

const AT_ONCE = "20";

/** The conversations behind a figure, the latest first, each a link to its thread. */
export function Cases({ name, unit }: { name: string; unit: Unit }) {
  const say = texts.value;
  const page = usePages<Case>(`/figures/conversations?${periodQuery({ figure: name, limit: AT_ONCE })}`);
  if (!page.items) return null;
  return (
    <>
      <h3>{say.conversations}</h3>
      {page.items.length === 0 && <p class="hint">{say.noCases}</p>}
      <ol class="cases">
        {page.items.map((each) => (
          <li key={`${each.conversation} ${each.at}`}>
            <a href={linkTo("open", each.conversation)} onClick={follow}>
              {atTime(each.at)}
            </a>
            <span>{resultOf(each, unit)}</span>
            <span class="hint">{whereOf(each)}</span>
          </li>
        ))}
      </ol>
      <More {...page} />
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
