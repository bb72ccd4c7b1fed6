import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Problem } from "../api/client";
import type { Item } from "../api/shapes";
import type { Thread } from "../state/thread";
import { texts } from "../texts";
import { explain } from "./report";

interface Props {
  title: string;
  act: string;
  isPossible?: boolean;
  submit: (given: FormData) => Promise<void>;
  close: () => void;
  children: ComponentChildren;
}

/** Asks for what a command needs; what was entered stays until it has worked. */
export function Dialog({ title, act, isPossible = true, submit, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const problem = useSignal("");
  const isBusy = useSignal(false);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);

  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    isBusy.value = true;
    try {
      await submit(new FormData(event.currentTarget as HTMLFormElement));
      dialog.current?.close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = explain(error);
    } finally {
      isBusy.value = false;
    }
  }

  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close}>
      <form onSubmit={send}>
        <h2 id={id}>{title}</h2>
        {children}
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="line">
          <button type="button" onClick={() => dialog.current?.close()}>
            {texts.value.cancel}
          </button>
          <button class="main" disabled={!isPossible || isBusy.value}>
            {act}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What every dialog about a conversation is given. */
export interface Asking {
  thread: Thread;
  item: Item;
  close: () => void;
}
