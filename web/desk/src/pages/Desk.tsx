import { useEffect } from "preact/hooks";
import { ConversationList } from "../parts/ConversationList";
import { OfferBar } from "../parts/OfferBar";
import { SearchPane } from "../parts/SearchPane";
import { Sidebar } from "../parts/Sidebar";
import { ThreadPane } from "../parts/ThreadPane";
import { begin, offers } from "../state/desk";
import { listenToKeys } from "../state/keys";
import { watchForNews } from "../state/notices";
import { type Place, place } from "../state/route";
import { recallSeen, unreadOfMine } from "../state/unread";
import { texts } from "../texts";
import { Admin } from "./Admin";
import { Reports } from "./Reports";

export function Desk() {
  const { view, conversation } = place.value;
  const isWorking = view !== "reports" && view !== "admin";
  useEffect(begin, []);
  useEffect(listenToKeys, []);
  useEffect(recallSeen, []);
  useEffect(watchForNews, []);
  useEffect(() => {
    const count = unreadOfMine.value + offers.value.length;
    document.title = count ? `(${count}) Sportello` : "Sportello";
  }, [unreadOfMine.value, offers.value]);
  return (
    <div class={`desk ${conversation && isWorking ? "reading" : "listing"}`}>
      <Sidebar />
      <div class="work">
        <OfferBar />
        {isWorking && <Panes {...place.value} />}
        {view === "reports" && <Reports figure={conversation} />}
        {view === "admin" && <Admin page={conversation} />}
      </div>
    </div>
  );
}

function Panes({ view, conversation }: Place) {
  return (
    <div class="panes">
      {view === "search" ? <SearchPane /> : <ConversationList key={view} />}
      {conversation ? (
        <ThreadPane key={conversation} id={conversation} />
      ) : (
        <main class="thread empty">
          <p>{texts.value.choose}</p>
          <p class="hint">{texts.value.chooseHelp}</p>
        </main>
      )}
    </div>
  );
}
