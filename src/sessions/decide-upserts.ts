import type { TransactionContext } from "../access/context.ts";
import { admitNewProcesses, decideNewProcesses } from "../processes/create-processes.ts";
import { listProcessRowsOfSessions, type ProcessRow } from "../processes/process.store.ts";
import type { WantedProcess } from "../processes/process.validation.ts";
import { decideUpsertedProcesses } from "../processes/upsert-processes.ts";
import { groupBy } from "../shared/group-by.ts";
import { nameKey } from "../shared/name.ts";
import { prefixed, Refusal, type UserError } from "../shared/user-error.ts";
import { findDuplicates, loadValidationFacts } from "./create-sessions.ts";
import { digestImages, type ReceivedImages } from "./session-images.ts";
import type { SessionDraft } from "./session.draft.ts";
import { findCoverImages, type CoverImage } from "./session-image.store.ts";
import type { SessionCandidate } from "./session.input.ts";
import { ImportOutcome } from "./session.rules.ts";
import { validateSession, type ValidationFacts } from "./session.validation.ts";
import { readStoredLines, type StoredSession } from "./stored-session.ts";
import { lockSessionsNamed } from "./stored-session.store.ts";
import {
  findMatch,
  indexSessions,
  isChanged,
  matchPlaybacks,
  mergeCandidate,
  refuseBusy,
  refuseClashes,
  refuseFixed,
} from "./upsert.rules.ts";

/** What becomes of one item of a call. */
export interface DecidedUpsert {
  /** Null: it is made. */
  readonly existing: StoredSession | null;
  readonly outcome: ImportOutcome;
  readonly draft: SessionDraft;
  /** Which playback of the session each one of the draft is; null: a new one. */
  readonly playbackIds: readonly (string | null)[];
  /** Whether the session itself is edited, its processes aside. */
  readonly isEdited: boolean;
  /** The pictures that are written. */
  readonly images: ReceivedImages;
  readonly coverImageId: string | null;
  /** Null: they stay as they are. */
  readonly processes: readonly WantedProcess[] | null;
}

export interface UpsertItems {
  readonly sessions: readonly SessionCandidate[];
  readonly images: readonly ReceivedImages[];
  readonly pathOf: (index: number) => readonly string[];
}

/** Holds the sessions that are meant, and decides what becomes of each; throws everything that is wrong with any of them at once. */
export async function decideUpserts(context: TransactionContext, items: UpsertItems): Promise<readonly DecidedUpsert[]> {
  const { sessions, pathOf } = items;
  const stored = await lockMeant(context, sessions);
  const facts = await loadValidationFacts(context);
  const known = indexSessions(stored);
  const matches = sessions.map((candidate) => findMatch(candidate, known));
  const present = await readPresent(context, items, matches);
  const decided = sessions.map((candidate, index) => decide({ candidate, index, existing: matches[index] ?? null, items, facts, present }));
  const errors = [
    ...decided.flatMap((each, index) => prefixed(each.errors, pathOf(index))),
    ...prefixed(refuseClashes(sessions, matches, known), pathOf(0).slice(0, -1)),
    ...findDuplicates(items, "name", (session) => nameKey(session.name)),
    ...findDuplicates(items, "externalId", (session) => session.externalId?.trim() ?? null),
  ];
  if (errors.length > 0) throw new Refusal(...errors);
  const upserts = decided.flatMap(({ upsert }) => upsert ?? []);
  await admitNewProcesses(
    context,
    upserts.map(({ processes }) => processes ?? []),
    (index) => [...pathOf(index), "processes"],
  );
  return upserts;
}

async function lockMeant(context: TransactionContext, sessions: readonly SessionCandidate[]): Promise<readonly StoredSession[]> {
  const lines = await lockSessionsNamed(context, {
    nameKeys: JSON.stringify(sessions.map(({ name }) => nameKey(name))),
    externalIds: JSON.stringify(sessions.flatMap(({ externalId }) => externalId?.trim() ?? [])),
  });
  return readStoredLines(lines, context.vault);
}

/** What the matched sessions have of what is not in their rows; read only where the call speaks of it. */
interface Present {
  readonly covers: ReadonlyMap<string, CoverImage>;
  readonly processes: ReadonlyMap<string, readonly ProcessRow[]>;
}

async function readPresent(
  { transaction }: TransactionContext,
  { sessions, images }: UpsertItems,
  matches: readonly (StoredSession | null)[],
): Promise<Present> {
  const idsWhere = (isMeant: (index: number) => boolean) => matches.flatMap((match, index) => (match && isMeant(index) ? match.id : []));
  const pictured = idsWhere((index) => images[index]?.cover !== undefined);
  const processed = idsWhere((index) => Boolean(sessions[index]?.processes));
  return {
    covers: pictured.length > 0 ? await findCoverImages(transaction, pictured) : new Map(),
    processes:
      processed.length > 0 ? groupBy(await listProcessRowsOfSessions(transaction, processed), ({ sessionId }) => sessionId) : new Map(),
  };
}

interface Deciding {
  readonly candidate: SessionCandidate;
  readonly index: number;
  readonly existing: StoredSession | null;
  readonly items: UpsertItems;
  readonly facts: ValidationFacts;
  readonly present: Present;
}

interface Decided {
  readonly upsert: DecidedUpsert | null;
  readonly errors: readonly UserError[];
}

function decide(deciding: Deciding): Decided {
  return deciding.existing ? decideUpdate({ ...deciding, existing: deciding.existing }) : decideCreation(deciding);
}

function decideCreation({ candidate, index, items, facts }: Deciding): Decided {
  const { draft, errors } = validateSession(candidate, facts);
  if (!draft) return { upsert: null, errors };
  const processes = decideNewProcesses(candidate.processes ?? [], { playbacks: draft.playbacks, templates: facts.templates });
  return {
    upsert: {
      existing: null,
      outcome: ImportOutcome.CREATED,
      draft,
      playbackIds: [],
      isEdited: false,
      images: items.images[index] ?? {},
      coverImageId: null,
      processes: processes.wanted,
    },
    errors: prefixed(processes.errors, ["processes"]),
  };
}

function decideUpdate({ candidate, index, existing, items, facts, present }: Deciding & { readonly existing: StoredSession }): Decided {
  const fixed = refuseFixed(candidate, existing);
  if (fixed.length > 0) return { upsert: null, errors: fixed };
  const { draft, errors } = validateSession(mergeCandidate(candidate, existing), facts);
  if (!draft) return { upsert: null, errors };
  const playbackIds = matchPlaybacks(draft, existing);
  const processes = decideUpsertedProcesses(candidate.processes ?? [], {
    playbacks: draft.playbacks.map(({ name, templateId }, place) => ({ id: playbackIds[place] ?? null, name, templateId })),
    templates: facts.templates,
    present: present.processes.get(existing.id) ?? [],
  });
  const cover = present.covers.get(existing.id) ?? null;
  const images = changedImages(items.images[index] ?? {}, cover);
  const isEdited = images.cover !== undefined || isChanged(draft, existing);
  return {
    upsert: {
      existing,
      outcome: isEdited || processes.isChanged ? ImportOutcome.UPDATED : ImportOutcome.UNCHANGED,
      draft,
      playbackIds,
      isEdited,
      images,
      coverImageId: cover?.coverImageId ?? null,
      processes: processes.isChanged ? processes.wanted : null,
    },
    errors: [...refuseBusy(draft, existing), ...prefixed(processes.errors, ["processes"])],
  };
}

/** Nothing of a picture that the session has already. */
function changedImages(given: ReceivedImages, cover: CoverImage | null): ReceivedImages {
  if (given.cover === undefined) return {};
  const [digest = null] = digestImages(given);
  return digest === (cover?.digest ?? null) ? {} : given;
}
