import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../api/client";
import type { Asked } from "../api/shapes";
import { texts } from "../texts";

const MOST: Record<string, number> = { csat: 5, nps: 10, ces: 7 };

/** What the customer said of how they were served; read anew when the conversation has changed. */
export function Scores({ id, version }: { id: string; version: number }) {
  const say = texts.value;
  const asked = useSignal<Asked[]>([]);
  useEffect(() => {
    let isWanted = true;
    get<Asked[]>(`/conversations/${id}/surveys`)
      .then((found) => isWanted && (asked.value = found))
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
      });
    return () => {
      isWanted = false;
    };
  }, [id, version]);
  return (
    <>
      {asked.value.map(({ survey, name, kind, score, comment }) =>
        score === null ? null : (
          <p key={survey} class="line">
            <span class="mark note">{say.scored(name, score, MOST[kind] ?? score)}</span>
            {comment && <q>{comment}</q>}
          </p>
        ),
      )}
    </>
  );
}
