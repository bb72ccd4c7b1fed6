import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Detail, Group, Reading } from "../api/figures";
import { figureOf, language, texts } from "../texts";

const DAY_S = 86_400;
const HEIGHT = 220;
const DARK = window.matchMedia("(prefers-color-scheme: dark)");

/** The days of a figure above those of the period before, drawn thinner. */
export function Chart({ detail, title }: { detail: Detail; title: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = box.current!;
    let plot = draw(parent, detail);
    const resize = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height: HEIGHT }));
    resize.observe(parent);
    const again = (): void => {
      plot.destroy();
      plot = draw(parent, detail);
    };
    DARK.addEventListener("change", again);
    return () => {
      DARK.removeEventListener("change", again);
      resize.disconnect();
      plot.destroy();
    };
  }, [detail, language.value]);
  return <div class="chart" ref={box} role="img" aria-label={texts.value.chartOf(title)} />;
}

function draw(parent: HTMLElement, detail: Detail): uPlot {
  const say = texts.value;
  const color = (name: string): string => getComputedStyle(parent).getPropertyValue(name).trim();
  const { unit } = detail.figure;
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const dayName = new Intl.DateTimeFormat(language.value, { day: "numeric", month: "short", timeZone: "UTC" });
  const dayOf = (at: number): string => dayName.format(at * 1000);
  const value = (_: uPlot, at: number | null): string => figureOf(at, unit);
  return new uPlot(
    {
      width: parent.clientWidth,
      height: HEIGHT,
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
      legend: { live: true },
      axes: [
        { ...axis, space: 70, incrs: [1, 2, 7, 14, 28, 56].map((each) => each * DAY_S), values: (_, at) => at.map(dayOf) },
        { ...axis, size: unit === "seconds" ? 90 : 50, values: (_, values) => values.map((each) => figureOf(each, unit)) },
      ],
      scales: { y: { range: (_, __, most) => [0, (most || 1) * 1.1] } },
      series: [
        { label: say.day, value: (_, at) => (at === null ? "" : dayOf(at)) },
        { label: say.now, value, stroke: color("--accent"), width: 2, points: { size: 6 } },
        { label: say.before, value, stroke: color("--soft"), width: 1, dash: [4, 4], points: { show: false } },
      ],
    },
    daysOf(detail),
    parent,
  );
}

/** Days as uPlot has them: instants, values of these days, values of those as long before. */
function daysOf({ period, groups, figure }: Detail): uPlot.AlignedData {
  const readings = new Map(groups.map((group: Group) => [group.key, group]));
  const first = Date.parse(period.since) / 1000;
  const count = (Date.parse(period.until) / 1000 - first) / DAY_S;
  const compared = Date.parse(period.compared_since) / 1000;
  const empty = figure.unit === "cases" ? 0 : null;
  const at = (from: number, read: (group: Group) => Reading) => (n: number) => {
    const day = new Date((from + n * DAY_S) * 1000).toISOString().slice(0, 10);
    const group = readings.get(day);
    return group && read(group).cases ? read(group).value : empty;
  };
  const numbers = [...Array(count).keys()];
  return [
    numbers.map((n) => first + n * DAY_S),
    numbers.map(at(first, ({ now }) => now)),
    numbers.map(at(compared, ({ before }) => before)),
  ];
}
