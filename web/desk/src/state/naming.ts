/** How conversations and people are called on the page. */

import type { Item } from "../api/shapes";
import { texts } from "../texts";

export function whoIs(item: Item): string {
  return item.contact?.name || (item.identity ? nameOfSender(item.identity) : texts.value.erased);
}

/** An address as people say it; visitors of a chat have none. */
export function nameOfSender({ space, address }: { space: string; address: string }): string {
  return space === "visitor" ? `${texts.value.visitor} ${address.slice(-4)}` : address;
}

/** The subject; chats and text messages have none. */
export function titleOf({ subject, kind }: Item): string {
  return subject || texts.value.kind[kind] || texts.value.noSubject;
}
