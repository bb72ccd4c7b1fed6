import type { Act } from "../api/admin";
import { usePages } from "../state/loading";
import { atTime, texts } from "../texts";
import { More } from "./More";

/** Who changed what, the newest first. */
export function AuditLog() {
  const say = texts.value;
  const page = usePages<Act>("/audit?limit=50");
  if (!page.items) return <p role="status">{say.loading}</p>;
  return (
    <>
      <ul class="rows">
        {page.items.map((act) => (
          <li key={act.id}>
            <div>
              <p>
                <strong>{act.by}</strong> <code>{act.action}</code>
              </p>
              <p class="hint">{atTime(act.at)}</p>
              {act.changes.length > 0 && <Changes changes={act.changes} />}
            </div>
          </li>
        ))}
      </ul>
      <More {...page} />
    </>
  );
}

function Changes({ changes }: Pick<Act, "changes">) {
  return (
    <details>
      <summary>{texts.value.changes(changes.length)}</summary>
      <ul>
        {changes.map(({ table, field, before, after }) => (
          <li key={`${table} ${field}`}>
            <code>
              {table}.{field}
            </code>
            : {shown(before)} → {shown(after)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
