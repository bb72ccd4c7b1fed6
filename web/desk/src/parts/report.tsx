import { signal } from "@preact/signals";
import { Problem } from "../api/client";
import { texts } from "../texts";

/** What went wrong last, until it is read or something works. */
const failure = signal("");

/** Do something; a refusal is shown. Returns whether it worked. */
export async function reporting(act: () => Promise<void>): Promise<boolean> {
  try {
    failure.value = "";
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    failure.value = explain(error);
    return false;
  }
}

export function explain(problem: Problem): string {
  if (problem.status === 0) return texts.value.unreachable;
  const where = problem.errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`);
  return [problem.message, ...where].join(" – ");
}

export function Report() {
  return (
    <div class="report" role="alert">
      {failure.value && (
        <p>
          <strong>{texts.value.failed}</strong> {failure}
          <button class="plain" aria-label="OK" onClick={() => (failure.value = "")}>
            ×
          </button>
        </p>
      )}
    </div>
  );
}
