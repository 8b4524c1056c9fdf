import type { Writable } from "node:stream";
import type { Slots } from "../limits/slots.ts";

/** Takes a slot for as long as a connection, or the answer to a request, lasts; false when there is none left. */
export function holdSlot(connection: Pick<Writable, "destroyed" | "once">, slots: Slots, key: string): boolean {
  const release = slots.take(key);
  if (!release) return false;
  if (connection.destroyed) release();
  else connection.once("close", release);
  return true;
}
