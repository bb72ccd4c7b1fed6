import { declare, me } from "../state/desk";
import { texts } from "../texts";
import { reporting } from "./report";

export function PresenceSwitch() {
  const say = texts.value;
  const mine = me.value;
  if (!mine) return null;
  const isOnline = mine.status === "online";
  return (
    <div class="presence">
      <p>
        <strong>{mine.name}</strong>
        <span class="hint">
          {mine.draining ? say.draining : say.load(mine.load, mine.capacity)}
        </span>
      </p>
      <button
        role="switch"
        aria-checked={isOnline}
        aria-label={`${say.presence}: ${say.online}`}
        onClick={() => void reporting(() => declare(isOnline ? "away" : "online"))}
      >
        <span class="knob" aria-hidden="true" />
        {isOnline ? say.online : say.away}
      </button>
    </div>
  );
}
