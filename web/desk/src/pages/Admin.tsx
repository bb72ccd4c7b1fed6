import type { ComponentType } from "preact";
import { AuditLog } from "../parts/AuditLog";
import { FailedDeliveries } from "../parts/FailedDeliveries";
import { Keys } from "../parts/Keys";
import { People } from "../parts/People";
import { Queues } from "../parts/Queues";
import { Quarantine } from "../parts/Quarantine";
import { follow, linkTo } from "../state/route";
import { texts } from "../texts";

type Name = "queues" | "people" | "keys" | "quarantine" | "deliveries" | "audit";

const PAGES: Record<Name, ComponentType> = {
  queues: Queues,
  people: People,
  keys: Keys,
  quarantine: Quarantine,
  deliveries: FailedDeliveries,
  audit: AuditLog,
};

/** How work is given out, what went wrong, who changed what. */
export function Admin({ page }: { page: string | null }) {
  const say = texts.value;
  const names = Object.keys(PAGES) as Name[];
  const chosen = names.find((name) => name === page) ?? "queues";
  const Chosen = PAGES[chosen];
  return (
    <main class="reports admin">
      <header>
        <h1>{say.admin}</h1>
        <nav class="tabs" aria-label={say.admin}>
          {names.map((name) => (
            <a
              key={name}
              href={linkTo("admin", name)}
              onClick={follow}
              aria-current={name === chosen ? "page" : undefined}
            >
              {say.adminPages[name]}
            </a>
          ))}
        </nav>
      </header>
      <Chosen key={chosen} />
    </main>
  );
}
