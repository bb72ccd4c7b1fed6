import { useEffect } from "preact/hooks";
import { ConversationList } from "../parts/ConversationList";
import { OfferBar } from "../parts/OfferBar";
import { Sidebar } from "../parts/Sidebar";
import { ThreadPane } from "../parts/ThreadPane";
import { begin } from "../state/desk";
import { type Place, place } from "../state/route";
import { texts } from "../texts";
import { Admin } from "./Admin";
import { Reports } from "./Reports";

export function Desk() {
  const { view, conversation } = place.value;
  const isWorking = view !== "reports" && view !== "admin";
  useEffect(begin, []);
  return (
    <div class={`desk ${conversation && isWorking ? "reading" : "listing"}`}>
      <Sidebar />
      <div class="work">
        <OfferBar />
        {isWorking && <Panes view={view} conversation={conversation} />}
        {view === "reports" && <Reports figure={conversation} />}
        {view === "admin" && <Admin page={conversation} />}
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
