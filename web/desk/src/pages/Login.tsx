import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../api/client";
import { LanguageChoice } from "../parts/LanguageChoice";
import { hasEnded, logIn } from "../state/session";
import { texts } from "../texts";

export function Login() {
  const say = texts.value;
  const problem = useSignal(refusal());
  const provider = useSignal<string | null>(null);
  const isBusy = useSignal(false);

  useEffect(() => {
    void get<{ label: string | null }>("/sessions/oidc").then(
      ({ label }) => (provider.value = label),
      () => {},
    );
  }, []);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string): string => String(given.get(name) ?? "").trim();
    isBusy.value = true;
    problem.value = "";
    try {
      await logIn(field("email"), String(given.get("password") ?? ""), field("code"));
    } catch (error) {
      problem.value = wording(error);
    } finally {
      isBusy.value = false;
    }
  }

  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <h1>
          <img src="/desk/icon.svg" alt="" width="28" height="28" /> Sportello
        </h1>
        {hasEnded.value && <p role="status">{say.signedOut}</p>}
        <label>
          {say.email}
          <input name="email" type="email" autocomplete="username" required autofocus />
        </label>
        <label>
          {say.password}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <label>
          {say.code}
          <input name="code" inputmode="text" autocomplete="one-time-code" aria-describedby="code-help" />
        </label>
        <p id="code-help" class="hint">
          {say.codeHelp}
        </p>
        <p class="problem" role="alert">
          {problem}
        </p>
        <button class="main" disabled={isBusy.value}>
          {say.signIn}
        </button>
        {provider.value && (
          <a class="button" href={departure()}>
            {say.continueWith(provider.value)}
          </a>
        )}
        <LanguageChoice />
      </form>
    </main>
  );
}

function wording(error: unknown): string {
  const say = texts.value;
  if (!(error instanceof Problem)) throw error;
  if (error.status === 0) return say.unreachable;
  if (error.status === 429) return say.tooManyTries;
  return error.status === 401 ? say.wrongLogin : error.message;
}

/** Why the provider's way has led back here. */
function refusal(): string {
  const reason = new URLSearchParams(location.search).get("login");
  if (!reason) return "";
  return texts.value.refusedLogin[reason] ?? texts.value.refusedLogin.state!;
}

/** To the provider, and afterwards back to the page that was asked for. */
function departure(): string {
  const to = new URLSearchParams(location.search).has("login") ? "/desk/" : location.pathname + location.search;
  return `/v1/sessions/oidc/start?to=${encodeURIComponent(to)}`;
}
