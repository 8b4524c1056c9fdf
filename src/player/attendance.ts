import { createGateway, Refused, type UserError } from "./gateway.ts";

/** That somebody was let in. */
export interface Attendance {
  readonly token: string;
  /** Null for somebody who only watches. */
  readonly name: string | null;
}

export interface Entry {
  readonly accessCode: string | null;
  readonly name: string | null;
}

interface Joined {
  readonly joinEvent: { readonly token: string | null; readonly userErrors: readonly UserError[] };
}

/** Asks to be let in. Rejects with Refused: REQUIRED without the code that is wanted, INVALID_VALUE for a wrong one. */
export async function join(eventId: string, { accessCode, name }: Entry): Promise<Attendance> {
  const { joinEvent } = await createGateway(null).ask<Joined>("JoinEvent", { eventId, accessCode, displayName: name });
  const [error] = joinEvent.userErrors;
  if (error) throw new Refused(error.code, error.message);
  if (joinEvent.token === null) throw new Refused("", "Nobody was let in.");
  const attendance = { token: joinEvent.token, name };
  remember(eventId, attendance);
  return attendance;
}

/** Until the tab is closed and no longer, so that whoever reloads the page stays the same attendee. */
function remember(eventId: string, attendance: Attendance): void {
  withStorage((storage) => storage.setItem(keyOf(eventId), JSON.stringify(attendance)));
}

export function forget(eventId: string): void {
  withStorage((storage) => storage.removeItem(keyOf(eventId)));
}

export function recall(eventId: string): Attendance | null {
  const text = withStorage((storage) => storage.getItem(keyOf(eventId)));
  try {
    const found = JSON.parse(text ?? "null") as Partial<Attendance> | null;
    return typeof found?.token === "string" ? { token: found.token, name: found.name ?? null } : null;
  } catch {
    return null;
  }
}

function keyOf(eventId: string): string {
  return `headend attendance ${eventId}`;
}

/** Null where the browser lets the page keep nothing. */
function withStorage<Result>(use: (storage: Storage) => Result): Result | null {
  try {
    return use(window.sessionStorage);
  } catch {
    return null;
  }
}
