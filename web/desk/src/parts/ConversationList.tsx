import { useSignal } from "@preact/signals";
import type { Item } from "../api/shapes";
import { now } from "../state/clock";
import { isLive, levelOf, listed, nameOf, queues } from "../state/desk";
import { titleOf, whoIs } from "../state/naming";
import { follow, linkTo, place } from "../state/route";
import { session } from "../state/session";
import { isUnread } from "../state/unread";
import { atTime, fromNow, texts } from "../texts";

const STEP: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

export function ConversationList() {
  const say = texts.value;
  const { view } = place.value;
  const words = useSignal("");
  const only = useSignal<Narrowing | "">("");
  const shown = listed.value.filter((item) => speaksOf(item, words.value) && (!only.value || KEEPS[only.value](item)));
  const isNarrow = Boolean(words.value || only.value);
  return (
    <section class="list" aria-label={say.conversations}>
      <h1>{headingOf(view)}</h1>
      <div class="narrowing">
        <input
          type="search"
          aria-label={say.narrow}
          placeholder={say.narrow}
          aria-keyshortcuts="/"
          value={words.value}
          onInput={(event) => (words.value = event.currentTarget.value)}
        />
        <select aria-label={say.show} value={only.value} onChange={(event) => (only.value = event.currentTarget.value as Narrowing)}>
          <option value="">{say.everything}</option>
          {NARROWINGS.map((name) => (
            <option key={name} value={name}>
              {say.only[name]}
            </option>
          ))}
        </select>
      </div>
      {shown.length === 0 && (
        <p class="nothing">
          {isLive.value ? say.nothingHere : say.nothingKnown}
          {isLive.value && <span class="hint">{isNarrow ? say.nothingSoHelp : say.nothingHereHelp}</span>}
        </p>
      )}
      <ul onKeyDown={move}>
        {shown.map((item) => (
          <Row key={item.id} item={item} view={view} />
        ))}
      </ul>
    </section>
  );
}

type Narrowing = "unread" | "unassigned" | "urgent" | "overdue";

const KEEPS: Record<Narrowing, (item: Item) => boolean> = {
  unread: isUnread,
  unassigned: ({ assignee }) => assignee === null,
  urgent: ({ priority }) => priority === "urgent" || priority === "high",
  overdue: ({ due_at }) => due_at !== null && Date.parse(due_at) < now.value,
};
const NARROWINGS = Object.keys(KEEPS) as Narrowing[];

function speaksOf(item: Item, words: string): boolean {
  const about = [whoIs(item), item.subject, item.identity?.address, ...item.tags].join(" ").toLowerCase();
  return about.includes(words.trim().toLowerCase());
}

function headingOf(view: string): string {
  const say = texts.value;
  if (levelOf(view)) return say.level(levelOf(view)!);
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
  const isNew = isUnread(item);
  return (
    <li class={isNew ? "unread" : ""}>
      <a href={linkTo(view, item.id)} onClick={follow} aria-current={isHere ? "true" : undefined}>
        <span class="line">
          <strong class="who">
            {isNew && <span class="dot" role="img" aria-label={texts.value.unread} />}
            {whoIs(item)}
          </strong>
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
