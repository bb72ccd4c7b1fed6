import { useEffect } from "preact/hooks";
import { type Companion, companions } from "../state/company";
import { isLive, tell } from "../state/desk";
import { texts } from "../texts";

const EVERY_MS = 15_000;

/** Who else is at this conversation, so that no two answer it; tells the others of oneself. */
export function Company({ id }: { id: string }) {
  const say = texts.value;
  useEffect(() => {
    if (isLive.value) return looking(id);
  }, [id, isLive.value]);
  const writing = companions(id, "typing");
  const colleagues = writing.filter(({ agent }) => agent !== null);
  const looks = companions(id, "viewing");
  return (
    <div class="company" role="status">
      {colleagues.length > 0 && <p class="collision">{say.writesToo(named(colleagues))}</p>}
      {looks.length > 0 && <p>{say.looksToo(named(looks))}</p>}
      {writing.length > colleagues.length && <p>{say.customerWrites}</p>}
    </div>
  );
}

function named(companions: Companion[]): string {
  return companions.map(({ name }) => name ?? texts.value.somebody).join(", ");
}

function looking(id: string): () => void {
  const look = (): void => tell("viewing", id, !document.hidden);
  const timer = window.setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    window.clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    tell("viewing", id, false);
  };
}
