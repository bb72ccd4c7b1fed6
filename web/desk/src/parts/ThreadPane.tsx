import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { titleOf, whoIs } from "../state/naming";
import { follow, linkTo, place } from "../state/route";
import { Thread } from "../state/thread";
import { texts } from "../texts";
import { Actions } from "./Actions";
import { Company } from "./Company";
import { Composer } from "./Composer";
import { ContactPanel } from "./ContactPanel";
import { Marks } from "./ConversationList";
import { MessageCard } from "./MessageCard";
import { explain } from "./report";
import { Scores } from "./Scores";
import { Tags } from "./Tags";
import { Why } from "./Why";

export function ThreadPane({ id }: { id: string }) {
  const say = texts.value;
  const thread = useMemo(() => new Thread(id), [id]);
  const isAsked = useSignal(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement !== document.body) heading.current?.focus();
    return () => thread.close();
  }, [thread]);
  useEffect(() => {
    const look = (): void => thread.tellRead();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [thread]);
  const item = thread.current;
  const problem = thread.problem.value;
  return (
    <main class="thread">
      <header>
        <a class="back" href={linkTo(place.value.view)} onClick={follow} aria-keyshortcuts="u">
          ← {say.back}
        </a>
        <h1 ref={heading} tabIndex={-1}>{item ? titleOf(item) : say.loading}</h1>
        {item && (
          <>
            <p class="line marks">
              <span>{whoIs(item)}</span>
              {item.contact?.name && item.identity && item.identity.space !== "visitor" && <span class="hint">{item.identity.address}</span>}
              <Marks item={item} />
              {item.contact && (
                <button class="plain" aria-expanded={isAsked.value} aria-keyshortcuts="c" onClick={() => (isAsked.value = !isAsked.value)}>
                  {say.customer}
                </button>
              )}
            </p>
            {!thread.isOutOfSight && <Actions thread={thread} item={item} />}
            <Tags thread={thread} item={item} />
            <Scores id={id} version={item.ver} />
            <Why id={id} version={item.message_count} />
          </>
        )}
      </header>
      {problem && !thread.isOutOfSight && (
        <p class="problem" role="alert">
          {problem.status === 404 ? say.notFound : `${say.loadFailed} ${explain(problem)}`}{" "}
          {problem.status !== 404 && <button onClick={() => void thread.refresh()}>{say.again}</button>}
        </p>
      )}
      {thread.isOutOfSight && (
        <p class="problem" role="status">
          {say.outOfSight}
        </p>
      )}
      <Messages thread={thread} />
      <Company id={id} />
      {item && item.status !== "closed" && !thread.isOutOfSight && <Composer thread={thread} item={item} />}
      {isAsked.value && item?.contact && (
        <ContactPanel item={item} id={item.contact.id} close={() => (isAsked.value = false)} />
      )}
    </main>
  );
}

function Messages({ thread }: { thread: Thread }) {
  const list = useRef<HTMLOListElement>(null);
  const last = thread.messages.value.at(-1)?.seq;
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [last]);
  return (
    <ol class="messages" ref={list} tabIndex={0} aria-label={texts.value.messages} aria-busy={thread.isLoading.value}>
      {thread.messages.value.map((message) => (
        <MessageCard key={message.id} message={message} isChat={thread.current?.kind === "chat"} />
      ))}
    </ol>
  );
}
