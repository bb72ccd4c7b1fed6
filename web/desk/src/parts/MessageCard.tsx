import { useSignal } from "@preact/signals";
import type { Delivery, Message } from "../api/shapes";
import { nameOfSender } from "../state/naming";
import { atTime, texts } from "../texts";
import { Files } from "./Files";
import { MailFrame } from "./MailFrame";

export function MessageCard({ message, isChat }: { message: Message; isChat: boolean }) {
  const say = texts.value;
  const name = message.agent_name ?? (message.sender ? nameOfSender(message.sender) : message.automatic ? say.ourselves : say.erased);
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
      <Files files={files} />
      {message.deliveries.map((delivery) => (
        <Progress key={delivery.id} delivery={delivery} isChat={isChat} />
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

function Progress({ delivery, isChat }: { delivery: Delivery; isChat: boolean }) {
  const word = texts.value.delivery[delivery.state] ?? delivery.state;
  const why = delivery.detail ?? delivery.failure;
  return (
    <p class={`delivery ${delivery.state}`}>
      {word}
      {!isChat && <span class="hint"> · {delivery.recipient}</span>}
      {delivery.state !== "sent" && delivery.state !== "delivered" && why && <span class="hint"> – {why}</span>}
    </p>
  );
}
