import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../api/client";
import type { Contact, Item, Summary } from "../api/shapes";
import { follow, linkTo, place } from "../state/route";
import { atTime, texts } from "../texts";
import { explain } from "./report";

/** Who the customer is, beside what they say. */
export function ContactPanel({ item, id, close }: { item: Item; id: string; close: () => void }) {
  const say = texts.value;
  return (
    <aside class="contact" aria-label={say.customer}>
      <header class="line">
        <h2>{item.contact?.name ?? say.customer}</h2>
        <button class="plain" aria-label={say.close} onClick={close}>
          ×
        </button>
      </header>
      <ContactFacts id={id} version={item.ver} here={item.id} />
    </aside>
  );
}

/** All that is known of a contact, and their conversations on all channels; read again at a new `version`. */
export function ContactFacts({ id, version, here }: { id: string; version: number; here: string | null }) {
  const contact = useSignal<Contact | null>(null);
  const problem = useSignal("");

  async function read(): Promise<void> {
    try {
      contact.value = await get<Contact>(`/contacts/${id}`);
      problem.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = explain(error);
    }
  }

  useEffect(() => void read(), [id, version]);
  if (problem.value) return <p class="problem">{problem}</p>;
  return contact.value ? <Facts contact={contact.value} here={here} /> : <p>{texts.value.loading}</p>;
}

function Facts({ contact, here }: { contact: Contact; here: string | null }) {
  const say = texts.value;
  const attributes = Object.entries(contact.attributes);
  const others = contact.conversations.filter(({ id }) => id !== here);
  return (
    <>
      <h3>{say.addresses}</h3>
      <ul>
        {contact.identities.map(({ id, space, address, opted_out }) => (
          <li key={id} class="address">
            {space === "visitor" ? `${say.visitor} (${say.kind.chat})` : address}
            {opted_out.length > 0 && <span class="hint"> {say.optedOut}</span>}
          </li>
        ))}
      </ul>
      {attributes.length > 0 && (
        <>
          <h3>{say.attributes}</h3>
          <dl>
            {attributes.map(([name, value]) => (
              <div key={name} class="line">
                <dt>{name}</dt>
                <dd>{String(value)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <h3>{say.history}</h3>
      {others.length === 0 && <p class="hint">{say.noHistory}</p>}
      <ul class="history">
        {others.map((each) => (
          <Past key={each.id} conversation={each} />
        ))}
      </ul>
    </>
  );
}

function Past({ conversation }: { conversation: Summary }) {
  const say = texts.value;
  return (
    <li>
      <a href={linkTo(place.value.view, conversation.id)} onClick={follow}>
        {conversation.subject || say.noSubject}
      </a>
      <span class="hint">
        {" "}
        {say.status[conversation.status]} · {atTime(conversation.last_message_at)}
      </span>
    </li>
  );
}
