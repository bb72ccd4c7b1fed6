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

/** Day and time of an instant. */
export function atTime(instant: string): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(instant),
  );
}

export function sizeOf(bytes: number): string {
  const kilobytes = bytes / 1000;
  const [value, unit] = kilobytes < 1000 ? [kilobytes, "kilobyte"] : [kilobytes / 1000, "megabyte"];
  return new Intl.NumberFormat(language.value, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
