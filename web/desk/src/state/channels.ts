/** The names of channels, for admins. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Channel } from "../api/admin";
import { get } from "../api/client";
import { reporting } from "../parts/report";

const channels = signal<Channel[]>([]);

export function useChannels(): void {
  useEffect(() => {
    void reporting(async () => {
      channels.value = await get<Channel[]>("/channels");
    });
  }, []);
}

export function channelName(id: string): string | undefined {
  return channels.value.find((channel) => channel.id === id)?.name;
}
