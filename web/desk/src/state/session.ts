/** Who is logged in; undefined until that is known. */

import { signal } from "@preact/signals";
import { carry, del, get, post, Problem, whenLoggedOut } from "../api/client";
import type { Session } from "../api/shapes";

export const session = signal<Session | null | undefined>(undefined);
export const hasEnded = signal(false);

/** `unreachable` while nothing is heard of the server. */
export const unreachable = signal(false);

whenLoggedOut(() => {
  hasEnded.value ||= Boolean(session.value);
  session.value = null;
});

/** Find the session that the browser's cookie stands for. */
export async function resume(): Promise<void> {
  try {
    enter(await get<Session>("/session"));
  } catch (error) {
    unreachable.value = !(error instanceof Problem && error.status >= 400 && error.status < 500);
    if (!unreachable.value) session.value = null;
  }
}

export async function logIn(email: string, password: string, code: string): Promise<void> {
  enter(await post<Session>("/sessions", { email, password, code: code || null, name: "Desk" }));
}

/** Whoever has come by a provider is led on to end the session there, too. */
export async function logOut(): Promise<void> {
  await del("/session");
  if (session.value?.logout_url) return location.assign(session.value.logout_url);
  hasEnded.value = false;
  session.value = null;
}

function enter(found: Session): void {
  carry(found);
  unreachable.value = false;
  hasEnded.value = false;
  session.value = found;
}
