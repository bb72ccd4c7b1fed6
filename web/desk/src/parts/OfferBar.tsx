import type { Offer } from "../api/shapes";
import { post } from "../api/client";
import { now } from "../state/clock";
import { items, offers, refreshOffers } from "../state/desk";
import { titleOf, whoIs } from "../state/naming";
import { go, linkTo } from "../state/route";
import { texts } from "../texts";
import { Report, reporting } from "./report";

/** What the agent is offered, with the time that is left; and what went wrong. */
export function OfferBar() {
  const open = offers.value.filter(({ expires_at }) => Date.parse(expires_at) > now.value);
  return (
    <div class="notices">
      <Report />
      <div class="offers" role="region" aria-label={texts.value.offers}>
        {open.map((offer) => (
          <OfferCard key={offer.id} offer={offer} />
        ))}
      </div>
    </div>
  );
}

function OfferCard({ offer }: { offer: Offer }) {
  const say = texts.value;
  const item = items.value.get(offer.conversation);
  const whole = (Date.parse(offer.expires_at) - Date.parse(offer.offered_at)) / 1000;
  const left = Math.min(whole, Math.ceil((Date.parse(offer.expires_at) - now.value) / 1000));

  async function answer(what: "accept" | "decline"): Promise<void> {
    try {
      await post(`/offers/${offer.id}/${what}`, what === "decline" ? { reason: "busy" } : undefined);
      if (what === "accept") go(linkTo("mine", offer.conversation));
    } finally {
      void refreshOffers();
    }
  }

  return (
    <div class="offer">
      <p role="status">
        <strong>{say.offerTitle}</strong>
        <span>{item ? `${whoIs(item)} – ${titleOf(item)}` : ""}</span>
      </p>
      <progress max={whole} value={left} aria-label={say.offerTitle} />
      <span class="hint">{say.secondsLeft(left)}</span>
      <button class="main" onClick={() => void reporting(() => answer("accept"))}>
        {say.accept}
      </button>
      <button onClick={() => void reporting(() => answer("decline"))}>{say.decline}</button>
    </div>
  );
}
