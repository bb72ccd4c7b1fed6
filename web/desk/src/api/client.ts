/** Calls of the public API by the session's cookie, with its CSRF token. */

import { learn } from "../state/clock";
import type { Session } from "./shapes";

/** A refusal (RFC 9457), or status 0: nothing was heard of the server. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly errors: { pointer: string; detail: string }[] = [],
  ) {
    super(detail);
  }
}

let csrf = "";
let onLoggedOut = (): void => {};

/** What is done when an answer says that the session is over. */
export function whenLoggedOut(act: () => void): void {
  onLoggedOut = act;
}

export function carry(session: Session): void {
  csrf = session.csrf;
}

export function get<T>(path: string): Promise<T> {
  return call<T>("GET", path);
}

export function post<T>(path: string, body?: object, key?: string): Promise<T> {
  return call<T>("POST", path, body, key);
}

export function put<T>(path: string, body: object): Promise<T> {
  return call<T>("PUT", path, body);
}

export function del(path: string): Promise<void> {
  return call<void>("DELETE", path);
}

async function call<T>(method: string, path: string, body?: object, key?: string): Promise<T> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const answer = await reach(path, { method, headers, body: body ? JSON.stringify(body) : null });
  learn(answer);
  if (answer.status === 401 && path !== "/sessions") onLoggedOut();
  if (!answer.ok) throw await problemOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`/v1${path}`, { ...init, cache: "no-store", signal: AbortSignal.timeout(30_000) });
  } catch {
    throw new Problem(0, "");
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as {
    detail?: string;
    title?: string;
    errors?: { pointer: string; detail: string }[];
  };
  return new Problem(answer.status, said.detail ?? said.title ?? `HTTP ${answer.status}`, said.errors);
}
