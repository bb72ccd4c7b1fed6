import { texts } from "../texts";

/** A secret that is told this once, to be copied. */
export function ShownOnce({ says, secret }: { says: string; secret: string }) {
  return (
    <p class="secret" role="status">
      {says} <strong>{texts.value.shownOnce}</strong>
      <br />
      <code>{secret}</code>{" "}
      <button type="button" onClick={() => void navigator.clipboard?.writeText(secret)}>
        {texts.value.copy}
      </button>
    </p>
  );
}
