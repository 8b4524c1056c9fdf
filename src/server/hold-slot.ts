import type { Duplex } from "node:stream";
import type { Slots } from "../limits/slots.ts";

/** Takes a slot for as long as a connection lasts; false when there is none left. */
export function holdSlot(connection: Duplex, slots: Slots, key: string): boolean {
  const release = slots.take(key);
  if (!release) return false;
  if (connection.destroyed) release();
  else connection.once("close", release);
  return true;
}
