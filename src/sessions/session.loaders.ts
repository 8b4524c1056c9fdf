import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { findPlaybacks, listPlaybacksOfSessions, type PlaybackRow } from "../playbacks/playback.store.ts";
import { definePageLoader } from "../graphql/page-loader.ts";
import { groupBy } from "../shared/group-by.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { SECRET_MASK, SECRET_POSITION, SecretKind, SRT_KEY_POSITION } from "./secret.rules.ts";
import { countSessionsOfTemplates, findSecrets, findSessions, listSourceSecrets, pageSessionsOfTemplates } from "./session.reads.ts";
import type { InputPath } from "./session.rules.ts";
import type { SessionRow } from "./session.store.ts";
import type { SecretType } from "./session.type.ts";

/** Sessions by id. */
export const sessionLoader = defineLoader<SessionRow>("sessions", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findSessions(
      database.executor,
      actor.organizationId,
      ids.filter((id) => isIdentifier("session", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);

/** The playbacks of a session, by the session's id. */
export const playbacksOfSessionLoader = defineLoader<readonly PlaybackRow[]>("playbacks of sessions", async ({ database, actor }, ids) => {
  const groups = groupBy(await listPlaybacksOfSessions(database.executor, actor.organizationId, ids), (row) => row.sessionId);
  return ids.map((id) => groups.get(id) ?? []);
});

/** Playbacks by id. */
export const playbackLoader = defineLoader<PlaybackRow>("playbacks", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findPlaybacks(database.executor, actor.organizationId, ids),
    (row) => row.id,
    (row) => row,
  ),
);

export interface PathSecrets {
  readonly streamKey: SecretType | null;
  /** What senders by SRT have to present instead; null: the same. */
  readonly srtStreamKey: SecretType | null;
  readonly srtPassphrase: SecretType | null;
}

/** Those of path A, and of path B where that is pushed with a key of its own. */
export interface SourceSecrets extends PathSecrets {
  readonly backup: PathSecrets;
}

/** What may be shown of the secrets of a session's input, by the session's id. */
export const sourceSecretsLoader = defineLoader<SourceSecrets>("source secrets", async ({ database, actor }, ids) => {
  const groups = groupBy(await listSourceSecrets(database.executor, actor.organizationId, ids), (row) => row.sessionId);
  return ids.map((id) => {
    const find = (kind: SecretKind, position: number) =>
      present(groups.get(id)?.find((row) => row.kind === kind && row.position === position));
    const ofPath = (path: InputPath): PathSecrets => ({
      streamKey: find(SecretKind.STREAM_KEY, SECRET_POSITION[path]),
      srtStreamKey: find(SecretKind.STREAM_KEY, SRT_KEY_POSITION[path]),
      srtPassphrase: find(SecretKind.SRT_PASSPHRASE, SECRET_POSITION[path]),
    });
    return { ...ofPath("A"), backup: ofPath("B") };
  });
});

/** Secrets of inputs by id; URLs that hold secrets are not objects of their own. */
export const secretLoader = defineLoader<SecretType>("secrets", async ({ database, actor }, ids) => {
  const rows = await findSecrets(database.executor, actor.organizationId, ids);
  const shown = rows.filter((row) => row.kind === SecretKind.STREAM_KEY || row.kind === SecretKind.SRT_PASSPHRASE);
  const found = inOrderOf(
    ids,
    shown,
    (row) => row.id,
    (row) => present(row),
  );
  return found;
});

function present(
  row: { readonly id: string; readonly isGenerated: boolean; readonly rotatedAt: Date | null } | undefined,
): SecretType | null {
  return row ? { id: row.id, mask: SECRET_MASK, isGenerated: row.isGenerated, rotatedAt: row.rotatedAt } : null;
}

/** Pages of the sessions that use templates, by name; the variant is `staleVariant`. */
export const templateSessionsLoader = definePageLoader<SessionRow>("sessions of templates", ({ database, actor }, wanted) =>
  pageSessionsOfTemplates(database.executor, {
    organizationId: actor.organizationId,
    ownerIds: wanted.ownerIds,
    stale: staleOf(wanted.variant),
    page: wanted.page,
  }),
);

/** How many sessions use a template, by `templateCountKey`. */
export const templateSessionCountLoader = defineLoader<number>("session counts of templates", async ({ database }, keys) => {
  const wanted = keys.map((key) => JSON.parse(key) as readonly [templateId: string, variant: string | null]);
  const groups = [...groupBy(wanted, ([, variant]) => variant)];
  const counts = await Promise.all(
    groups.map(async ([variant, group]) => {
      const templateIds = group.map(([id]) => id);
      return [variant, await countSessionsOfTemplates(database.executor, { templateIds, stale: staleOf(variant) })] as const;
    }),
  );
  const byVariant = new Map(counts);
  return wanted.map(([id, variant]) => byVariant.get(variant)?.get(id) ?? 0);
});

export function templateCountKey(templateId: string, variant: string | null): string {
  return JSON.stringify([templateId, variant]);
}

/** Which list of a template's sessions: the stale ones, the others, or all. */
export function staleVariant(stale: boolean | null | undefined): string | null {
  return typeof stale === "boolean" ? String(stale) : null;
}

function staleOf(variant: string | null): boolean | null {
  return variant === null ? null : variant === "true";
}
