import type { Held } from "../api/admin";
import { post } from "../api/client";
import { channelName, useChannels } from "../state/channels";
import { usePages } from "../state/loading";
import { atTime, texts } from "../texts";
import { More } from "./More";
import { reporting } from "./report";

/** What is authentic but could not be read: to be tried again, or given up. */
export function Quarantine() {
  const say = texts.value;
  const page = usePages<Held>("/quarantine?state=held");
  useChannels();

  function settle(entry: Held, deed: "replay" | "discard"): void {
    void reporting(async () => {
      try {
        await post(`/quarantine/${entry.id}/${deed}`);
      } finally {
        await page.reload();
      }
    });
  }

  if (!page.items) return <p role="status">{say.loading}</p>;
  if (page.items.length === 0) return <p>{say.nothingHeld}</p>;
  return (
    <>
      <p class="hint">{say.heldHelp}</p>
      <ul class="rows">
        {page.items.map((entry) => (
          <li key={entry.id}>
            <div>
              <p>
                <strong>{entry.detail}</strong> <code>{entry.code}</code>
              </p>
              <p class="hint">
                {[channelName(entry.channel), entry.envelope["mail_from"], atTime(entry.received_at)]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
            </div>
            <div class="line">
              <a href={`/v1/quarantine/${entry.id}/raw`} download>
                {say.raw}
              </a>
              <button onClick={() => confirm(say.discardSure) && settle(entry, "discard")}>{say.discard}</button>
              <button class="main" onClick={() => settle(entry, "replay")}>
                {say.replay}
              </button>
            </div>
          </li>
        ))}
      </ul>
      <More {...page} />
    </>
  );
}
