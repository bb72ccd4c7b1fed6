import { useSignal } from "@preact/signals";
import { Problem } from "../api/client";
import type { Item } from "../api/shapes";
import { draftOf, forget, keep, type Kind } from "../state/drafts";
import { session } from "../state/session";
import type { Thread } from "../state/thread";
import { texts } from "../texts";
import { explain } from "./report";

export function Composer({ thread, item }: { thread: Thread; item: Item }) {
  const isMine = item.status === "assigned" && item.assignee === session.value?.agent;
  const kind = useSignal<Kind>("replies");
  const chosen: Kind = isMine ? kind.value : "notes";
  return (
    <section class={`composer ${chosen}`}>
      {isMine ? (
        <Choice value={kind.value} choose={(value) => (kind.value = value)} />
      ) : (
        <p class="hint">{texts.value.takeFirst}</p>
      )}
      <Writing key={chosen} thread={thread} kind={chosen} />
    </section>
  );
}

function Choice({ value, choose }: { value: Kind; choose: (kind: Kind) => void }) {
  const say = texts.value;
  const named: [Kind, string][] = [
    ["replies", say.reply],
    ["notes", say.note],
  ];
  return (
    <div class="choice" role="group">
      {named.map(([kind, name]) => (
        <button key={kind} aria-pressed={value === kind} onClick={() => choose(kind)}>
          {name}
        </button>
      ))}
    </div>
  );
}

function Writing({ thread, kind }: { thread: Thread; kind: Kind }) {
  const say = texts.value;
  const draft = useSignal(draftOf(thread.id, kind));
  const isBusy = useSignal(false);
  const problem = useSignal("");

  async function send(): Promise<void> {
    const { text, key } = draft.value;
    if (!text.trim() || isBusy.value) return;
    isBusy.value = true;
    problem.value = "";
    try {
      await thread.command(kind, { text }, key);
      forget(thread.id, kind);
      draft.value = draftOf(thread.id, kind);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = `${say.notSent} ${explain(error)} ${say.stillThere}`;
    } finally {
      isBusy.value = false;
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        rows={4}
        maxLength={100_000}
        aria-label={kind === "replies" ? say.replyLabel : say.noteLabel}
        placeholder={kind === "replies" ? say.replyLabel : say.noteLabel}
        value={draft.value.text}
        readOnly={isBusy.value}
        onInput={(event) => (draft.value = keep(thread.id, kind, event.currentTarget.value))}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
        }}
      />
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="line">
        <span class="hint">{say.sendKeys}</span>
        <button class="main" disabled={isBusy.value || !draft.value.text.trim()}>
          {isBusy.value ? say.sending : kind === "replies" ? say.send : say.addNote}
        </button>
      </div>
    </form>
  );
}
