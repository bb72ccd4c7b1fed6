import type { Item } from "../api/shapes";
import { now } from "../state/clock";
import { isLive, listed, nameOf, queues } from "../state/desk";
import { follow, linkTo, place } from "../state/route";
import { session } from "../state/session";
import { atTime, fromNow, texts } from "../texts";

const STEP: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

export function ConversationList() {
  const say = texts.value;
  const { view } = place.value;
  return (
    <section class="list" aria-label={say.conversations}>
      <h1>{headingOf(view)}</h1>
      {listed.value.length === 0 && (
        <p class="nothing">
          {isLive.value ? say.nothingHere : say.connection.connecting}
          {isLive.value && <span class="hint">{say.nothingHereHelp}</span>}
        </p>
      )}
      <ul onKeyDown={move}>
        {listed.value.map((item) => (
          <Row key={item.id} item={item} view={view} />
        ))}
      </ul>
    </section>
  );
}

function headingOf(view: string): string {
  const say = texts.value;
  const fixed: Record<string, string> = { mine: say.mine, open: say.open, pending: say.pending, solved: say.solved };
  return fixed[view] ?? queues.value.find(({ id }) => id === view)?.name ?? say.conversations;
}

/** Arrow keys go from one conversation to the next. */
function move(event: KeyboardEvent & { currentTarget: HTMLUListElement }): void {
  const step = STEP[event.key];
  if (!step) return;
  const links = [...event.currentTarget.querySelectorAll("a")];
  const next = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

function Row({ item, view }: { item: Item; view: string }) {
  const isHere = place.value.conversation === item.id;
  return (
    <li>
      <a href={linkTo(view, item.id)} onClick={follow} aria-current={isHere ? "true" : undefined}>
        <span class="line">
          <strong class="who">{whoIs(item)}</strong>
          <time class="hint" dateTime={item.last_message_at}>
            {fromNow(item.last_message_at, now.value)}
          </time>
        </span>
        <span class="subject">{titleOf(item)}</span>
        <span class="line marks">
          <Marks item={item} />
        </span>
      </a>
    </li>
  );
}

export function Marks({ item }: { item: Item }) {
  const say = texts.value;
  const isMine = item.assignee !== null && item.assignee === session.value?.agent;
  const who = isMine ? say.you : (nameOf(item.assignee) ?? say.somebody);
  return (
    <>
      <span class={`mark ${item.status}`}>{say.status[item.status]}</span>
      {item.assignee && <span class="mark plain">{say.with(who)}</span>}
      {item.priority !== "normal" && (
        <span class={`mark ${item.priority}`}>{say.priority[item.priority] ?? item.priority}</span>
      )}
      <span class="mark plain">{say.kind[item.kind] ?? item.kind}</span>
      {item.snoozed_until && <span class="mark plain">{say.asleepUntil(atTime(item.snoozed_until))}</span>}
      <Due item={item} />
    </>
  );
}

function Due({ item }: { item: Item }) {
  const say = texts.value;
  if (!item.due_at) return null;
  const isOver = Date.parse(item.due_at) < now.value;
  const when = fromNow(item.due_at, now.value);
  return <span class={isOver ? "mark overdue" : "mark due"}>{isOver ? say.overdue(when) : say.due(when)}</span>;
}

export function whoIs(item: Item): string {
  return item.contact?.name || (item.identity ? nameOfSender(item.identity) : texts.value.erased);
}

/** An address as people say it; visitors of a chat have none. */
export function nameOfSender({ space, address }: { space: string; address: string }): string {
  return space === "visitor" ? `${texts.value.visitor} ${address.slice(-4)}` : address;
}

export function titleOf({ subject, kind }: Item): string {
  return subject || texts.value.kind[kind] || texts.value.noSubject;
}
