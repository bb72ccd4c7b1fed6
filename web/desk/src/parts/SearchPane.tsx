import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../api/client";
import type { Found, Highlight, Hit } from "../api/shapes";
import { nameOfSender, titleOf, whoIs } from "../state/naming";
import { follow, go, linkTo, place } from "../state/route";
import { atTime, texts } from "../texts";
import { ContactFacts } from "./ContactPanel";
import { Marks } from "./ConversationList";
import { explain } from "./report";

/** What was said, on all channels, closed conversations included: the words are in the address. */
export function SearchPane() {
  const say = texts.value;
  const { words, conversation } = place.value;
  const found = useSignal<Found | null>(null);
  const problem = useSignal("");

  async function read(after: string | null): Promise<void> {
    const path = `/search?q=${encodeURIComponent(words)}${after ? `&cursor=${encodeURIComponent(after)}` : ""}`;
    try {
      const more = await get<Found>(path);
      if (words !== place.value.words) return;
      const known = after ? found.value : null;
      found.value = { ...more, messages: [...(known?.messages ?? []), ...more.messages], contacts: known?.contacts ?? more.contacts };
      problem.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = explain(error);
    }
  }

  useEffect(() => {
    found.value = null;
    if (words) void read(null);
  }, [words]);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    go(linkTo("search", conversation, String(given.get("q") ?? "").trim()));
  }

  return (
    <section class="list" aria-label={say.search}>
      <h1>{say.search}</h1>
      <form class="narrowing" role="search" onSubmit={submit}>
        <input type="search" name="q" required aria-label={say.searchFor} placeholder={say.searchFor} defaultValue={words} />
        <button>{say.search}</button>
      </form>
      {problem.value && (
        <p class="nothing problem" role="alert">
          {problem}
        </p>
      )}
      {found.value && <Results found={found.value} />}
      {found.value?.next && <button onClick={() => void read(found.value!.next)}>{say.more}</button>}
    </section>
  );
}

function Results({ found }: { found: Found }) {
  const say = texts.value;
  if (!found.messages.length && !found.contacts.length) return <p class="nothing" role="status">{say.nothingFound}</p>;
  return (
    <>
      {found.contacts.map((contact) => (
        <Person key={contact.id} contact={contact} />
      ))}
      <ul>
        {found.messages.map((hit) => (
          <Row key={hit.message} hit={hit} />
        ))}
      </ul>
    </>
  );
}

/** Opened, it shows their conversations. */
function Person({ contact }: { contact: Found["contacts"][number] }) {
  const isOpen = useSignal(false);
  return (
    <details class="person" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>
        <strong>{contact.name ?? texts.value.customer}</strong>{" "}
        <span class="hint">{contact.identities.map(nameOfSender).join(", ")}</span>
      </summary>
      {isOpen.value && <ContactFacts id={contact.id} version={0} here={place.value.conversation} />}
    </details>
  );
}

function Row({ hit }: { hit: Hit }) {
  const { conversation, highlights, created_at } = hit;
  const isHere = place.value.conversation === conversation.id;
  return (
    <li>
      <a href={linkTo("search", conversation.id)} onClick={follow} aria-current={isHere ? "true" : undefined}>
        <span class="line">
          <strong class="who">{whoIs(conversation)}</strong>
          <time class="hint" dateTime={created_at}>
            {atTime(created_at)}
          </time>
        </span>
        <span class="subject">{titleOf(conversation)}</span>
        {highlights.map((highlight, at) => (
          <Passage key={at} highlight={highlight} />
        ))}
        <span class="line marks">
          <Marks item={conversation} />
        </span>
      </a>
    </li>
  );
}

function Passage({ highlight }: { highlight: Highlight }) {
  return (
    <span class="hint passage">
      {highlight.pieces.map(({ text, hit }, at) => (hit ? <mark key={at}>{text}</mark> : text))}
    </span>
  );
}
