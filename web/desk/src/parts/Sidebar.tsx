import { useSignal } from "@preact/signals";
import { countIn, queues } from "../state/desk";
import { forgetAll } from "../state/drafts";
import { follow, linkTo, place } from "../state/route";
import { logOut, session } from "../state/session";
import { texts } from "../texts";
import { ConnectionState } from "./ConnectionState";
import { KeyHelp } from "./KeyHelp";
import { LanguageChoice } from "./LanguageChoice";
import { PresenceSwitch } from "./PresenceSwitch";
import { reporting } from "./report";
import { StartDialog } from "./StartDialog";

export function Sidebar() {
  const say = texts.value;
  const isStarting = useSignal(false);
  const levels = [...new Set(queues.value.map(({ level }) => level))];
  return (
    <aside class="sidebar">
      <header>
        <img src="/desk/icon.svg" alt="" width="24" height="24" />
        <strong>Sportello</strong>
      </header>
      <ConnectionState />
      <button aria-keyshortcuts="w" onClick={() => (isStarting.value = true)}>
        {say.startTitle}
      </button>
      {isStarting.value && <StartDialog close={() => (isStarting.value = false)} />}
      <nav aria-label={say.views}>
        <ul>
          <Entry view="mine" name={say.mine} shortcut="1" />
          <Entry view="open" name={say.open} shortcut="2" />
          <Entry view="pending" name={say.pending} shortcut="3" />
          <Entry view="solved" name={say.solved} shortcut="4" />
          <Entry view="search" name={say.search} shortcut="f" isCounted={false} />
        </ul>
        {levels.map((level) => (
          <section key={level} class="level">
            <ul>
              <Entry view={`level-${level}`} name={say.level(level)} />
              {queues.value
                .filter((queue) => queue.level === level)
                .map(({ id, name, paused }) => (
                  <Entry key={id} view={id} name={name} aside={paused ? say.paused : ""} />
                ))}
            </ul>
          </section>
        ))}
        <ul>
          {session.value?.role !== "agent" && <PageEntry view="reports" name={say.reports} />}
          {session.value?.role === "admin" && <PageEntry view="admin" name={say.admin} />}
        </ul>
      </nav>
      <footer>
        <PresenceSwitch />
        <KeyHelp />
        <LanguageChoice />
        <button onClick={() => void reporting(leave)}>{say.signOut}</button>
      </footer>
    </aside>
  );
}

async function leave(): Promise<void> {
  await logOut();
  forgetAll();
}

function PageEntry({ view, name }: { view: string; name: string }) {
  const isHere = place.value.view === view;
  return (
    <li>
      <a href={linkTo(view)} onClick={follow} aria-current={isHere ? "page" : undefined}>
        <span class="name">{name}</span>
      </a>
    </li>
  );
}

interface Shown {
  view: string;
  name: string;
  aside?: string;
  shortcut?: string;
  isCounted?: boolean;
}

function Entry({ view, name, aside, shortcut, isCounted = true }: Shown) {
  const isHere = place.value.view === view;
  const count = countIn(view);
  return (
    <li>
      <a href={linkTo(view)} onClick={follow} aria-current={isHere ? "page" : undefined} aria-keyshortcuts={shortcut}>
        <span class="name">{name}</span>
        {aside && <span class="hint">{aside}</span>}
        {isCounted && <span class={count ? "count" : "count none"}>{count}</span>}
      </a>
    </li>
  );
}
