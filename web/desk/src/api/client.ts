/** Calls of the public API by the session's cookie, with its CSRF token. */

import { learn } from "../state/clock";
import type { Attachment, Session } from "./shapes";

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

const ANSWER_MS = 30_000;
const UPLOAD_MS = 600_000;

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

export function patch<T>(path: string, body: object): Promise<T> {
  return call<T>("PATCH", path, body);
}

export function del(path: string): Promise<void> {
  return call<void>("DELETE", path);
}

/** Upload a file as it is: the attachment that it becomes. */
export function upload(file: File): Promise<Attachment> {
  return call<Attachment>("POST", `/attachments?filename=${encodeURIComponent(file.name)}`, file);
}

async function call<T>(method: string, path: string, body?: object, key?: string): Promise<T> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  const isFile = body instanceof File;
  if (body) headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const sent = isFile ? body : body ? JSON.stringify(body) : null;
  const answer = await reach(path, { method, headers, body: sent }, isFile ? UPLOAD_MS : ANSWER_MS);
  learn(answer);
  if (answer.status === 401 && path !== "/sessions") onLoggedOut();
  if (!answer.ok) throw await problemOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function reach(path: string, init: RequestInit, patience: number): Promise<Response> {
  try {
    return await fetch(`/v1${path}`, { ...init, cache: "no-store", signal: AbortSignal.timeout(patience) });
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
