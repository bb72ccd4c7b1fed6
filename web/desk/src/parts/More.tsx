import type { Paged } from "../state/loading";
import { texts } from "../texts";
import { reporting } from "./report";

/** Gets the next page, where there is one. */
export function More<T>({ next, more }: Paged<T>) {
  return next ? <button onClick={() => void reporting(more)}>{texts.value.more}</button> : null;
}
