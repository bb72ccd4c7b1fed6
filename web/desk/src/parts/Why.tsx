import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../api/client";
import type { Decision } from "../api/shapes";
import { atTime, texts } from "../texts";
import { explain } from "./report";

/** Why the conversation is where it is; read when it is opened, and when more was decided. */
export function Why({ id, version }: { id: string; version: number }) {
  const say = texts.value;
  const isOpen = useSignal(false);
  const decisions = useSignal<Decision[] | null>(null);
  const problem = useSignal("");

  async function read(): Promise<void> {
    try {
      decisions.value = await get<Decision[]>(`/conversations/${id}/decisions`);
      problem.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = explain(error);
    }
  }

  useEffect(() => {
    if (isOpen.value) void read();
  }, [isOpen.value, version]);

  return (
    <details class="why" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>{say.why}</summary>
      {problem.value && <p class="problem">{problem}</p>}
      {decisions.value === null ? <p>{problem.value ? "" : say.loading}</p> : <Reasons decisions={decisions.value} />}
    </details>
  );
}

function Reasons({ decisions }: { decisions: Decision[] }) {
  const say = texts.value;
  if (!decisions.length) return <p>{say.whyNothing}</p>;
  return (
    <>
      {decisions.map(({ id, decided_at, because, error }) => (
        <section key={id}>
          <h2 class="hint">{say.decided(atTime(decided_at))}</h2>
          <ul>
            {because.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
            {error && <li class="problem">{error}</li>}
          </ul>
        </section>
      ))}
    </>
  );
}
