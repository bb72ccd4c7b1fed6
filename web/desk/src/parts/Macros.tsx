import { useSignal } from "@preact/signals";
import { get, post } from "../api/client";
import type { Macro, Preview } from "../api/shapes";
import { texts } from "../texts";
import { reporting } from "./report";

interface Props {
  conversation: string;
  insert: (macro: Macro, text: string) => void;
}

/** Puts what a macro would say here into the answer; says what it did not know. */
export function MacroChoice({ conversation, insert }: Props) {
  const say = texts.value;
  const known = useSignal<Macro[]>([]);
  const missing = useSignal<string[]>([]);

  async function read(): Promise<void> {
    known.value = await get<Macro[]>("/macros");
  }

  async function choose(id: string): Promise<void> {
    const macro = known.value.find((each) => each.id === id);
    if (!macro) return;
    const said = await post<Preview>(`/macros/${id}/preview`, { conversation });
    missing.value = said.missing;
    insert(macro, said.text);
  }

  return (
    <>
      <select
        aria-label={say.macro}
        value=""
        onFocus={() => void reporting(read)}
        onChange={(event) => {
          const id = event.currentTarget.value;
          event.currentTarget.value = "";
          void reporting(() => choose(id));
        }}
      >
        <option value="">{say.macro}</option>
        {known.value.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {missing.value.length > 0 && <p class="problem">{say.macroMissing(missing.value.join(", "))}</p>}
    </>
  );
}

/** What a chosen macro does beside what it says. */
export function MacroMark({ macro, remove }: { macro: Macro; remove: () => void }) {
  const say = texts.value;
  const beside = [
    macro.afterwards && say.macroThen[macro.afterwards],
    macro.tags.length > 0 && say.macroTags(macro.tags.join(", ")),
  ].filter(Boolean);
  return (
    <span class="tag">
      {[say.macroUsed(macro.name), ...beside].join(" · ")}
      <button type="button" class="plain" aria-label={say.removeMacro} onClick={remove}>
        ×
      </button>
    </span>
  );
}
