/** The texts in the reader's language, and times and sizes as that language writes them. */

import { computed, signal } from "@preact/signals";
import { en, type Texts } from "./en";
import { it } from "./it";

const LANGUAGES: Record<string, Texts> = { en, it };
const KEPT = "desk.language";

const own = navigator.language.slice(0, 2);
const kept = localStorage.getItem(KEPT) ?? own;

export const language = signal(kept in LANGUAGES ? kept : "en");
export const texts = computed<Texts>(() => LANGUAGES[language.value] ?? en);
export const languages = Object.entries(LANGUAGES).map(([code, { name }]) => ({ code, name }));

export function speak(code: string): void {
  localStorage.setItem(KEPT, code);
  language.value = code;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** How far an instant lies from now, as "in 5 minutes". */
export function fromNow(instant: string, now: number): string {
  const away = Date.parse(instant) - now;
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style: "short" });
  for (const [unit, length] of STEPS) {
    if (Math.abs(away) >= length) return format.format(Math.trunc(away / length), unit);
  }
  return format.format(0, "minute");
}

/** The language as the reader's own region writes it, where it is theirs. */
function region(): string {
  return own === language.value ? navigator.language : language.value;
}

/** Day and time of an instant. */
export function atTime(instant: string): string {
  return new Intl.DateTimeFormat(region(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
}

export function sizeOf(bytes: number): string {
  const kilobytes = bytes / 1000;
  const [value, unit] = kilobytes < 1000 ? [kilobytes, "kilobyte"] : [kilobytes / 1000, "megabyte"];
  return new Intl.NumberFormat(language.value, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A length of time by its two largest units, as "2 hr 5 min". */
export function durationOf(seconds: number): string {
  const at = UNITS.findIndex(([, length]) => seconds >= length);
  const units = UNITS.slice(at < 0 ? 3 : at, at < 0 ? 4 : at + 2);
  const smallest = units[units.length - 1]![1];
  let rest = Math.round(seconds / smallest) * smallest;
  const parts = units.map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return { unit, count };
  });
  return parts
    .filter(({ count }, n) => count > 0 || n === 0)
    .map(({ unit, count }) => new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "short" }).format(count))
    .join(" ");
}

/** A figure in its unit; a dash where it has no cases. */
export function figureOf(value: number | null | undefined, unit: "cases" | "seconds" | "share"): string {
  if (value === null || value === undefined) return "–";
  if (unit === "seconds") return durationOf(value);
  const style = unit === "share" ? "percent" : "decimal";
  return new Intl.NumberFormat(language.value, { style, maximumFractionDigits: unit === "share" ? 1 : 0 }).format(value);
}

/** By how much a figure has grown, with what that is: "−12% better". */
export function changeOf(change: number | null, trend: string): string {
  if (!change) return trend;
  const format = new Intl.NumberFormat(language.value, {
    style: "percent",
    maximumFractionDigits: 0,
    signDisplay: "exceptZero",
  });
  return `${format.format(change)} ${trend}`;
}

/** The name of a day of the week: Monday is 1. */
export function weekdayOf(number: number): string {
  const monday = Date.UTC(2024, 0, number);
  return new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" }).format(monday);
}
