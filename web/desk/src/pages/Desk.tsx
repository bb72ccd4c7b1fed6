import { useEffect } from "preact/hooks";
import { ConversationList } from "../parts/ConversationList";
import { OfferBar } from "../parts/OfferBar";
import { Sidebar } from "../parts/Sidebar";
import { ThreadPane } from "../parts/ThreadPane";
import { begin } from "../state/desk";
import { type Place, place } from "../state/route";
import { texts } from "../texts";
import { Reports } from "./Reports";

export function Desk() {
  const { view, conversation } = place.value;
  const isReporting = view === "reports";
  useEffect(begin, []);
  return (
    <div class={`desk ${conversation && !isReporting ? "reading" : "listing"}`}>
      <Sidebar />
      <div class="work">
        <OfferBar />
        {isReporting ? <Reports figure={conversation} /> : <Panes view={view} conversation={conversation} />}
      </div>
    </div>
  );
}

function Panes({ view, conversation }: Place) {
  return (
    <div class="panes">
      <ConversationList key={view} />
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
