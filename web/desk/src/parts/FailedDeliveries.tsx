import type { FailedDelivery } from "../api/admin";
import { post } from "../api/client";
import { channelName, useChannels } from "../state/channels";
import { usePages } from "../state/loading";
import { follow, linkTo } from "../state/route";
import { atTime, texts } from "../texts";
import { More } from "./More";
import { reporting } from "./report";

/** Answers that did not arrive, and sending them again: one, or all with the same reason. */
export function FailedDeliveries() {
  const say = texts.value;
  const page = usePages<FailedDelivery>("/deliveries?state=failed");
  useChannels();

  function again(path: string, body?: object): void {
    void reporting(async () => {
      await post(path, body);
      await page.reload();
    });
  }

  if (!page.items) return <p role="status">{say.loading}</p>;
  if (page.items.length === 0) return <p>{say.nothingFailed}</p>;
  const reasons = [...new Set(page.items.map(({ failure }) => failure))].filter((each) => each !== null);
  return (
    <>
      <div class="line marks">
        {reasons.map((failure) => (
          <button key={failure} onClick={() => again("/deliveries/retry", { failure })}>
            {say.retryAll(say.failures[failure] ?? failure)}
          </button>
        ))}
      </div>
      <ul class="rows">
        {page.items.map((each) => (
          <li key={each.id}>
            <div>
              <p>
                <a href={linkTo("open", each.conversation)} onClick={follow}>
                  {each.recipient}
                </a>{" "}
                <strong>{say.failures[each.failure ?? ""] ?? each.failure}</strong>
              </p>
              {each.detail && <p>{each.detail}</p>}
              <p class="hint">
                {[channelName(each.channel), say.tries(each.attempts), atTime(each.created_at)].filter(Boolean).join(" · ")}
              </p>
            </div>
            <button class="main" onClick={() => again(`/deliveries/${each.id}/retry`)}>
              {say.retry}
            </button>
          </li>
        ))}
      </ul>
      <More {...page} />
    </>
  );
}
