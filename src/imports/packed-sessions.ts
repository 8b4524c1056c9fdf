import { setImmediate } from "node:timers/promises";
import { ImportOutcome } from "../sessions/session.rules.ts";
import type { ImportedSession } from "./csv.result.ts";

/**
 * What became of each row, packed: a thread hands over two texts in a moment, and tens of thousands of objects in many. No name is in
 * it, so that it may be kept under an idempotency key: whoever asks again with the same key has sent the same file.
 */
export interface PackedSessions {
  /** By the order of the rows, separated by commas; empty in a dry run. */
  readonly ids: string;
  readonly streamIds: string;
  /** Rows that met a session, by their place; every other one is new. */
  readonly matched: readonly (readonly [place: number, outcome: ImportOutcome, changed: readonly string[]])[];
}

/** The rows that describe sessions, packed alike. */
export interface PackedRows {
  /** Their record numbers, by their order. */
  readonly rows: Uint32Array;
  /** Their names, each on a line, since none holds a line break. */
  readonly names: string;
}

/** Rows that are unpacked in one go: a millisecond of work, after which others have their turn. */
const SLICE_SIZE = 2_000;

export async function unpackSessions(
  { ids, streamIds, matched }: PackedSessions,
  { rows, names }: PackedRows,
): Promise<readonly ImportedSession[]> {
  const idOf = ids.split(",");
  const streamIdOf = streamIds.split(",");
  const nameOf = names.split("\n");
  const found = new Map(matched.map(([place, ...what]) => [place, what]));
  const sessions: ImportedSession[] = [];
  for (const [place, row] of rows.entries()) {
    const [outcome = ImportOutcome.CREATED, changed = []] = found.get(place) ?? [];
    sessions.push({ row, name: nameOf[place] ?? "", id: idOf[place] || null, streamId: streamIdOf[place] || null, outcome, changed });
    if (sessions.length % SLICE_SIZE === 0) await setImmediate();
  }
  return sessions;
}

/** The sessions that were created or changed. */
export function writtenIds({ ids, matched }: PackedSessions): readonly string[] {
  const unchanged = new Set(matched.flatMap(([place, outcome]) => (outcome === ImportOutcome.UNCHANGED ? [place] : [])));
  return ids.split(",").filter((id, place) => id !== "" && !unchanged.has(place));
}
