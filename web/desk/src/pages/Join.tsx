import { useSignal } from "@preact/signals";
import { post, Problem } from "../api/client";
import { LanguageChoice } from "../parts/LanguageChoice";
import { explain } from "../parts/report";
import { texts } from "../texts";

/** Where an invitation leads: its secret, after the #, is sent to nobody but by the form. */
export function Join() {
  const say = texts.value;
  const problem = useSignal("");
  const isDone = useSignal(false);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    try {
      await post("/passwords", { invitation: location.hash.slice(1), password: String(given.get("password")) });
      history.replaceState(null, "", "/desk/join");
      isDone.value = true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = explain(error);
    }
  }

  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <h1>
          <img src="/desk/icon.svg" alt="" width="28" height="28" /> Sportello
        </h1>
        {isDone.value ? (
          <p role="status">
            {say.passwordSet} <a href="/desk">{say.signIn}</a>
          </p>
        ) : (
          <>
            <label>
              {say.newPassword}
              <input name="password" type="password" autocomplete="new-password" minLength={12} required autofocus />
            </label>
            <p class="problem" role="alert">
              {problem}
            </p>
            <button class="main">{say.choosePassword}</button>
          </>
        )}
        <LanguageChoice />
      </form>
    </main>
  );
}
