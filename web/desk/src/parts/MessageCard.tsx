import { useSignal } from "@preact/signals";
import type { Attachment, Delivery, Message } from "../api/shapes";
import { atTime, sizeOf, texts } from "../texts";
import { MailFrame } from "./MailFrame";

export function MessageCard({ message }: { message: Message }) {
  const say = texts.value;
  const name = message.agent_name ?? message.sender?.address ?? say.erased;
  const files = message.attachments.filter(({ inline }) => !(inline && message.html));
  return (
    <li class={`message ${message.direction}`}>
      <header class="line">
        <strong>{name}</strong>
        {message.direction === "note" && <span class="mark note">{say.internal}</span>}
        {message.automatic && <span class="mark plain">{say.automatic}</span>}
        <time class="hint" dateTime={message.created_at}>
          {atTime(message.sent_at ?? message.created_at)}
        </time>
      </header>
      {message.html ? <MailFrame html={message.html} /> : <Words message={message} />}
      {files.length > 0 && (
        <ul class="files" aria-label={say.attachments}>
          {files.map((file) => (
            <File key={file.id} file={file} />
          ))}
        </ul>
      )}
      {message.deliveries.map((delivery) => (
        <Progress key={delivery.id} delivery={delivery} />
      ))}
    </li>
  );
}

function Words({ message }: { message: Message }) {
  const isWhole = useSignal(false);
  const say = texts.value;
  const isShort = message.new_text !== null && !isWhole.value;
  return (
    <>
      <p class="words">{isShort ? message.new_text : message.text}</p>
      {message.new_text !== null && (
        <button class="plain" aria-expanded={isWhole.value} onClick={() => (isWhole.value = !isWhole.value)}>
          {isWhole.value ? say.showNew : say.showAll}
        </button>
      )}
    </>
  );
}

function File({ file }: { file: Attachment }) {
  const say = texts.value;
  const kept = file.scan === "infected" ? say.infected : file.refused ? say.tooLarge : null;
  return (
    <li>
      {kept ? file.filename : <a href={`/v1/attachments/${file.id}`} download={file.filename}>{file.filename}</a>}{" "}
      <span class="hint">{kept ?? sizeOf(file.size)}</span>
    </li>
  );
}

function Progress({ delivery }: { delivery: Delivery }) {
  const word = texts.value.delivery[delivery.state] ?? delivery.state;
  const why = delivery.detail ?? delivery.failure;
  return (
    <p class={`delivery ${delivery.state}`}>
      {word}
      <span class="hint"> · {delivery.recipient}</span>
      {delivery.state !== "sent" && delivery.state !== "delivered" && why && <span class="hint"> – {why}</span>}
    </p>
  );
}
