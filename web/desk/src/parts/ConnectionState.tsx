import { now } from "../state/clock";
import { connection, hurry, isLive } from "../state/desk";
import { texts } from "../texts";

/** Says what is so: "live" only while the feed is whole and heard in time. */
export function ConnectionState() {
  const is = connection.value;
  now.value; // counts down
  return (
    <div class={`connection ${is.state}`}>
      <p role="status">
        <span class="dot" aria-hidden="true" />
        {wording()}
      </p>
      {!isLive.value && is.state !== "connecting" && <p class="hint">{texts.value.notCurrent}</p>}
      {is.state === "waiting" && <button onClick={() => hurry()}>{texts.value.again}</button>}
    </div>
  );
}

function wording(): string {
  const say = texts.value.connection;
  const is = connection.value;
  if (is.state === "waiting") return say.waiting(Math.max(0, Math.ceil((is.until - performance.now()) / 1000)));
  return is.state === "ended" ? say.ended(is.code) : say[is.state];
}
