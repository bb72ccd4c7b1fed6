import { useSignal } from "@preact/signals";
import type { Definition, Detail, Figure } from "../api/figures";
import { type Loaded, useLoaded } from "../state/loading";
import { breakdown, BREAKDOWNS, periodQuery } from "../state/reports";
import { follow, linkTo } from "../state/route";
import { figureOf, texts } from "../texts";
import { Breakdown } from "./Breakdown";
import { Cases } from "./Cases";
import { Chart } from "./Chart";

/** What a figure is and what to do about it, its days, its parts, the conversations behind it. */
export function FigureDetail({ name, kind, unit, title: english }: Definition) {
  const say = texts.value;
  const whole = useSignal<Loaded<Detail>>({});
  const parts = useSignal<Loaded<Detail>>({});
  const isByDay = kind !== "level";
  useLoaded(`/figures?${periodQuery(isByDay ? { figure: name, by: "day" } : { figure: name })}`, whole);
  const by = breakdown.value;
  const canBe = BREAKDOWNS.filter((each) => isByDay || (each !== "hour" && each !== "weekday"));
  const chosen = canBe.includes(by as (typeof canBe)[number]) ? by : "queue";
  useLoaded(`/figures?${periodQuery({ figure: name, by: chosen })}`, parts);
  const { value } = whole.value;
  if (!value) return null;
  const title = say.figureTitles[name] ?? english;
  return (
    <section class="detail" aria-label={title}>
      <div class="line">
        <h2>{title}</h2>
        <a href={linkTo("reports")} onClick={follow}>
          {say.close}
        </a>
      </div>
      <Meaning {...value} />
      {isByDay && <Chart detail={value} title={title} />}
      <label class="inline">
        {say.by}
        <select value={chosen} onChange={(event) => (breakdown.value = event.currentTarget.value)}>
          {canBe.map((each) => (
            <option key={each} value={each}>
              {say.breakdowns[each]}
            </option>
          ))}
        </select>
      </label>
      {parts.value.value && <Breakdown detail={parts.value.value} by={chosen} />}
      <Cases name={name} unit={unit} />
    </section>
  );
}

function Meaning({ figure, now, before }: Figure) {
  const say = texts.value;
  return (
    <>
      <dl class="readings">
        <Reading name={figure.kind === "duration" ? say.median : say.now} value={figureOf(now.value, figure.unit)} />
        {now.mean !== null && <Reading name={say.mean} value={figureOf(now.mean, figure.unit)} />}
        {now.p90 !== null && <Reading name={say.p90} value={figureOf(now.p90, figure.unit)} />}
        {now.low !== null && now.high !== null && (
          <Reading
            name={say.interval}
            value={`${figureOf(now.low, figure.unit)} – ${figureOf(now.high, figure.unit)}`}
          />
        )}
        <Reading name={say.before} value={figureOf(before.value, figure.unit)} />
        <Reading name={say.caseCount} value={figureOf(now.cases, "cases")} />
      </dl>
      <p lang="en">{figure.says}</p>
      <p lang="en">
        <strong>{figure.acting}</strong>
      </p>
    </>
  );
}

function Reading({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt class="hint">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
