import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { areKeysOn, switchKeys } from "../state/keys";
import { areNoticesOn, switchNotices } from "../state/notices";
import { texts } from "../texts";

/** The keys, and what may be switched off. */
export function KeyHelp() {
  const isOpen = useSignal(false);
  const say = texts.value;
  return (
    <>
      <button aria-keyshortcuts="?" onClick={() => (isOpen.value = true)}>
        {say.keys}
      </button>
      {isOpen.value && <Overlay close={() => (isOpen.value = false)} />}
    </>
  );
}

function Overlay({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const say = texts.value;
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">{say.keys}</h2>
      <dl>
        {Object.entries(say.keyFor).map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={areKeysOn.value} onChange={(event) => switchKeys(event.currentTarget.checked)} />
        {say.keysOn}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={areNoticesOn.value}
          onChange={(event) => void switchNotices(event.currentTarget.checked)}
        />
        {say.noticesOn}
      </label>
      <form method="dialog">
        <button class="main">{say.close}</button>
      </form>
    </dialog>
  );
}
