import { assertMayRead } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import type { SessionSelection } from "../sessions/bulk.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { VERSION } from "../shared/version.ts";
import { writeSessions } from "./csv.export.ts";
import { CSV_ROW_LIMIT } from "./csv.read.ts";
import { selectCsvFacts, selectCsvSessions } from "./csv.session.store.ts";

export interface ExportSessionsCsvInput {
  /** Without one: all sessions. */
  readonly selection: SessionSelection | null;
  readonly includeSecrets: boolean;
}

export interface CsvExportResult {
  readonly filename: string;
  readonly csv: string;
  /** Rows of sessions. */
  readonly rowCount: number;
  /** Those of them that an import would pass over. */
  readonly commentedRowCount: number;
}

/** Writes the selected sessions as CSV, by name, in a fixed number of statements. Ids that name no session are left out. */
export async function exportSessionsCsv(context: Context, input: ExportSessionsCsvInput): Promise<CsvExportResult> {
  assertMayRead(context.actor, "read");
  if (input.includeSecrets) assertMayRead(context.actor, "export secrets");
  const { executor } = context.database;
  const stored = await selectCsvSessions(executor, {
    organizationId: context.actor.organizationId,
    filter: toFilter(input.selection),
    limit: CSV_ROW_LIMIT + 1,
    vault: input.includeSecrets ? context.vault : null,
  });
  if (stored.length > CSV_ROW_LIMIT) {
    throw new Fault(FaultCode.BAD_USER_INPUT, `One export holds at most ${CSV_ROW_LIMIT} sessions. Narrow the selection.`);
  }
  const facts = await selectCsvFacts(context);
  const sessions = stored.map(({ session }) => session);
  const written = writeSessions(sessions, { facts, includeSecrets: input.includeSecrets, release: `Headend ${VERSION}` });
  return { filename: `sessions-${context.clock.now().toISOString().slice(0, 10)}.csv`, rowCount: sessions.length, ...written };
}

function toFilter(selection: SessionSelection | null): SessionFilter {
  if (selection === null) return {};
  return "ids" in selection ? { ids: selection.ids.filter((id) => isIdentifier("session", id)) } : selection.filter;
}
