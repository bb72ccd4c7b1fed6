import type { Detail, Group, Unit } from "../api/figures";
import { nameOf, queues } from "../state/desk";
import { figureOf, texts, weekdayOf } from "../texts";

const HOURLY = ["hour", "weekday", "level"];

/** A figure told apart: the largest first, times in their order. */
export function Breakdown({ detail, by }: { detail: Detail; by: string }) {
  const say = texts.value;
  const groups = detail.groups.filter(({ now, before }) => now.cases || before.cases);
  const sorted = HOURLY.includes(by)
    ? groups.sort((one, other) => Number(one.key) - Number(other.key))
    : groups.sort((one, other) => other.now.cases - one.now.cases);
  const most = Math.max(...groups.map(({ now }) => now.value ?? 0), Number.MIN_VALUE);
  if (groups.length === 0) return <p class="hint">{say.noCases}</p>;
  return (
    <div class="wide" role="region" aria-label={say.breakdowns[by]} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{say.breakdowns[by]}</th>
            <th scope="col" class="bar" aria-label={say.share} />
            <th scope="col">{say.now}</th>
            <th scope="col">{say.before}</th>
            <th scope="col">{say.caseCount}</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((group) => (
            <Row key={group.key} group={group} by={by} unit={detail.figure.unit} most={most} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  group: Group;
  by: string;
  unit: Unit;
  most: number;
}

function Row({ group, by, unit, most }: RowProps) {
  const part = (100 * (group.now.value ?? 0)) / most;
  return (
    <tr>
      <th scope="row">{keyOf(by, group.key)}</th>
      <td class="bar">
        <span style={{ width: `${part}%` }} />
      </td>
      <td>{figureOf(group.now.value, unit)}</td>
      <td>{figureOf(group.before.value, unit)}</td>
      <td>{figureOf(group.now.cases, "cases")}</td>
    </tr>
  );
}

function keyOf(by: string, key: string | null): string {
  const say = texts.value;
  if (key === null) return say.none;
  if (by === "queue") return queues.value.find(({ id }) => id === key)?.name ?? say.goneQueue;
  if (by === "agent") return nameOf(key) ?? say.somebody;
  if (by === "level") return say.level(Number(key));
  if (by === "weekday") return weekdayOf(Number(key));
  if (by === "hour") return `${key}–${Number(key) + 1}`;
  return by === "priority" ? (say.priority[key] ?? key) : key;
}
