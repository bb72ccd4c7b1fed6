import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Problem, upload } from "../api/client";
import type { Item, Macro } from "../api/shapes";
import { tell } from "../state/desk";
import { draftOf, forget, isEmpty, keep, type Kind, spoken, type Words } from "../state/drafts";
import { session } from "../state/session";
import type { Thread } from "../state/thread";
import { texts } from "../texts";
import { FileChoice, Uploads } from "./Files";
import { MacroChoice, MacroMark } from "./Macros";
import { explain } from "./report";

const TYPING_EVERY_MS = 3_000;

export function Composer({ thread, item }: { thread: Thread; item: Item }) {
  const isMine = item.status === "assigned" && item.assignee === session.value?.agent;
  const kind = useSignal<Kind>("replies");
  const chosen: Kind = isMine ? kind.value : "notes";
  const asked = useSignal(0);
  const section = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (asked.value) section.current?.querySelector("textarea")?.focus();
  }, [asked.value]);
  function choose(value: Kind): void {
    kind.value = value;
    asked.value += 1;
  }
  return (
    <section class={`composer ${chosen}`} ref={section}>
      {isMine ? (
        <Choice value={kind.value} choose={choose} />
      ) : (
        <p class="hint">{texts.value.takeFirst}</p>
      )}
      <Writing key={chosen} thread={thread} kind={chosen} />
    </section>
  );
}

function Choice({ value, choose }: { value: Kind; choose: (kind: Kind) => void }) {
  const say = texts.value;
  const named: [Kind, string, string][] = [
    ["replies", say.reply, "r"],
    ["notes", say.note, "n"],
  ];
  return (
    <div class="choice" role="group">
      {named.map(([kind, name, key]) => (
        <button key={kind} aria-pressed={value === kind} aria-keyshortcuts={key} onClick={() => choose(kind)}>
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
  const uploading = useSignal<string[]>([]);
  const problem = useSignal("");
  const told = useRef(-Infinity);
  const change = (words: Partial<Words>): void => void (draft.value = keep(thread.id, kind, words));

  /** The customer of a chat is told, and colleagues are; of notes nobody is. */
  function typing(): void {
    if (kind === "notes" || performance.now() - told.current < TYPING_EVERY_MS) return;
    told.current = performance.now();
    tell("typing", thread.id, true);
  }

  async function send(): Promise<void> {
    if (isEmpty(draft.value) || isBusy.value || uploading.value.length) return;
    isBusy.value = true;
    try {
      await thread.command(kind, spoken(draft.value, kind), draft.value.key);
      forget(thread.id, kind);
      draft.value = draftOf(thread.id, kind);
      told.current = -Infinity;
      problem.value = "";
    } catch (error) {
      tellOf(error);
    } finally {
      isBusy.value = false;
    }
  }

  async function attach(file: File): Promise<void> {
    uploading.value = [...uploading.value, file.name];
    try {
      const attachment = await upload(file);
      change({ files: [...draft.value.files, attachment] });
    } catch (error) {
      tellOf(error);
    } finally {
      uploading.value = uploading.value.filter((name) => name !== file.name);
    }
  }

  function tellOf(error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    problem.value = `${say.notSent} ${explain(error)} ${say.stillThere}`;
  }

  function insert(macro: Macro, text: string): void {
    const before = draft.value.text.trimEnd();
    change({ macro, text: before ? `${before}\n\n${text}` : text });
  }

  const attachAll = (files: Iterable<File>): void => [...files].forEach((file) => void attach(file));
  const { text, files, macro } = draft.value;
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
        value={text}
        readOnly={isBusy.value}
        onInput={(event) => {
          change({ text: event.currentTarget.value });
          typing();
        }}
        onPaste={(event) => attachAll(event.clipboardData?.files ?? [])}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
        }}
      />
      {macro && <MacroMark macro={macro} remove={() => change({ macro: null })} />}
      <Uploads
        files={files}
        uploading={uploading.value}
        remove={(id) => change({ files: files.filter((file) => file.id !== id) })}
      />
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="line tools">
        <FileChoice attach={attachAll} />
        {kind === "replies" && <MacroChoice conversation={thread.id} insert={insert} />}
        <span class="hint">{say.sendKeys}</span>
        <button class="main" disabled={isBusy.value || uploading.value.length > 0 || isEmpty(draft.value)}>
          {isBusy.value ? say.sending : kind === "replies" ? say.send : say.addNote}
        </button>
      </div>
    </form>
  );
}
