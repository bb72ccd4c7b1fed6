/** What calls an agent who looks elsewhere: a sound, and a notice of the system, if they want it. */

import { effect, signal } from "@preact/signals";
import { texts } from "../texts";
import { items, listen, offers } from "./desk";
import { go, linkTo, place } from "./route";
import { session } from "./session";
import type { Change } from "../feed/view";
import { titleOf, whoIs } from "./naming";

const KEPT = "desk.notices";
const TONE_HZ = 660;
const TONE_S = 0.18;
const LOUDNESS = 0.08;

export const areNoticesOn = signal(localStorage.getItem(KEPT) === "on");

/** Asks the browser for its consent; without it the sound alone remains. */
export async function switchNotices(on: boolean): Promise<void> {
  localStorage.setItem(KEPT, on ? "on" : "off");
  areNoticesOn.value = on;
  if (on && "Notification" in window) await Notification.requestPermission();
}

/** Begin to watch; returns what ends it. */
export function watchForNews(): () => void {
  const known = new Set(offers.peek().map(({ id }) => id));
  const unwatch = effect(() => {
    const fresh = offers.value.filter(({ id }) => !known.has(id));
    fresh.forEach(({ id, conversation }) => {
      known.add(id);
      call(texts.peek().offerTitle, conversation);
    });
  });
  const unlisten = listen((changes) => changes.filter(isNews).forEach(({ entity }) => call(texts.value.newMessage, entity!)));
  return () => {
    unwatch();
    unlisten();
  };
}

/** A customer has written in a conversation of one's own that one does not look at. */
function isNews({ type, entity }: Change): boolean {
  if (type !== "message.received" || entity === null) return false;
  const isSeen = !document.hidden && place.value.conversation === entity;
  return !isSeen && items.value.get(entity)?.assignee === session.value?.agent;
}

/** What customers write stays off the screen: others may look at it. */
function call(title: string, conversation: string): void {
  if (!areNoticesOn.peek()) return;
  sound();
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const item = items.peek().get(conversation);
  const notice = new Notification(title, { body: item ? `${whoIs(item)} – ${titleOf(item)}` : "", tag: conversation });
  notice.onclick = () => {
    window.focus();
    go(linkTo("mine", conversation));
    notice.close();
  };
}

function sound(): void {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = TONE_HZ;
  volume.gain.setValueAtTime(LOUDNESS, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + TONE_S);
  tone.connect(volume).connect(context.destination);
  tone.onended = () => void context.close();
  tone.start();
  tone.stop(context.currentTime + TONE_S);
}
