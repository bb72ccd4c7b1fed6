import { render } from "preact";
import { useEffect } from "preact/hooks";
import { Desk } from "./pages/Desk";
import { Join } from "./pages/Join";
import { Login } from "./pages/Login";
import { now } from "./state/clock";
import { place } from "./state/route";
import { resume, session, unreachable } from "./state/session";
import "./style/theme.css";
import "./style/base.css";
import "./style/layout.css";
import "./style/thread.css";
import "./style/reports.css";
import "./style/admin.css";
import { language, texts } from "./texts";

const RETRY_MS = 3_000;

function App() {
  useEffect(() => {
    document.documentElement.lang = language.value;
  }, [language.value]);
  return place.value.view === "join" ? <Join /> : <Work />;
}

function Work() {
  useEffect(() => {
    if (session.value === undefined) void resume();
  }, [unreachable.value && Math.floor(now.value / RETRY_MS)]);
  if (session.value) return <Desk key={session.value.agent} />;
  if (session.value === null) return <Login />;
  return (
    <main class="blank" aria-busy="true">
      <p role="status">{unreachable.value ? texts.value.unreachable : texts.value.loading}</p>
    </main>
  );
}

render(<App />, document.getElementById("desk")!);
