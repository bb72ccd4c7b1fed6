import { useSignal } from "@preact/signals";
import type { Figure, Overview, Period } from "../api/figures";
import { FigureDetail } from "../parts/FigureDetail";
import { explain } from "../parts/report";
import { follow, linkTo, place } from "../state/route";
import { type Loaded, useLoaded } from "../state/loading";
import { clock, days, periodQuery, PERIODS } from "../state/reports";
import { atTime, changeOf, figureOf, texts } from "../texts";

/** Figures of the service, and one of them in detail. */
export function Reports({ figure }: { figure: string | null }) {
  const say = texts.value;
  const loaded = useSignal<Loaded<Overview>>({});
  useLoaded(`/figures/overview?${periodQuery()}`, loaded);
  const { value, problem } = loaded.value;
  const chosen = value?.figures.find((each) => each.figure.name === figure)?.figure;
  return (
    <main class="reports">
      <header>
        <h1>{say.reports}</h1>
        <a href="/v1/reports/weekly/page" target="_blank" rel="noopener">
          {say.weekly}
        </a>
        <Choices />
      </header>
      {problem && (
        <p class="problem" role="alert">
          {explain(problem)}
        </p>
      )}
      {value ? <Counted period={value.period} /> : !problem && <p role="status">{say.loading}</p>}
      {chosen && <FigureDetail key={chosen.name} {...chosen} />}
      {value && <Areas figures={value.figures} />}
    </main>
  );
}

function Choices() {
  const say = texts.value;
  return (
    <form class="choices" onSubmit={(event) => event.preventDefault()}>
      <label class="inline">
        {say.period}
        <select value={days.value} onChange={(event) => (days.value = Number(event.currentTarget.value))}>
          {PERIODS.map((length) => (
            <option key={length} value={length}>
              {say.lastDays(length)}
            </option>
          ))}
        </select>
      </label>
      <label class="check inline">
        <input
          type="checkbox"
          checked={clock.value === "business"}
          onChange={(event) => (clock.value = event.currentTarget.checked ? "business" : "wall")}
        />
        {say.businessTime}
      </label>
    </form>
  );
}

function Counted({ period }: { period: Period }) {
  const say = texts.value;
  const behind = period.behind > 0 && ` ${say.behind(period.behind)}`;
  return (
    <p class="hint">
      {period.as_of ? say.countedUntil(atTime(period.as_of)) : say.nothingCounted}
      {behind} {say.comparedWith}
    </p>
  );
}

function Areas({ figures }: { figures: Figure[] }) {
  const areas = [...new Set(figures.map(({ figure }) => figure.area))];
  return (
    <>
      {areas.map((area) => (
        <section key={area}>
          <h2>{texts.value.areas[area] ?? area}</h2>
          <ul class="figures">
            {figures
              .filter(({ figure }) => figure.area === area)
              .map((each) => (
                <Card key={each.figure.name} {...each} />
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Card({ figure, now, change, trend, target, is_met }: Figure) {
  const say = texts.value;
  const isHere = place.value.conversation === figure.name;
  return (
    <li>
      <a href={linkTo("reports", figure.name)} onClick={follow} aria-current={isHere ? "true" : undefined}>
        <span class="title">{say.figureTitles[figure.name] ?? figure.title}</span>
        <strong>{figureOf(now.value, figure.unit)}</strong>
        <span class="line">
          {figure.unit === "cases" ? <span /> : <span class="hint">{say.cases(now.cases)}</span>}
          {trend && <span class={`mark trend ${trend}`}>{changeOf(change, say.trends[trend])}</span>}
        </span>
        {target !== null && (
          <span class={`mark ${is_met === null ? "plain" : is_met ? "trend better" : "trend worse"}`}>
            {(is_met === false ? say.targetMissed : say.target)(figureOf(target, figure.unit))}
          </span>
        )}
      </a>
    </li>
  );
}
