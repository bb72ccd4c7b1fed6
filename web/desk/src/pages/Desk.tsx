import { useEffect } from "preact/hooks";
import { ConversationList } from "../parts/ConversationList";
import { OfferBar } from "../parts/OfferBar";
import { Sidebar } from "../parts/Sidebar";
import { ThreadPane } from "../parts/ThreadPane";
import { begin } from "../state/desk";
import { place } from "../state/route";
import { texts } from "../texts";

export function Desk() {
  const { view, conversation } = place.value;
  useEffect(begin, []);
  return (
    <div class={`desk ${conversation ? "reading" : "listing"}`}>
      <Sidebar />
      <div class="work">
        <OfferBar />
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
      </div>
    </div>
  );
}
