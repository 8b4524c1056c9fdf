import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { z } from "zod";
import { assertMayRead } from "../access/actor.ts";
import { Input } from "../graphql/input.ts";
import { VerbMutation } from "../graphql/payload.ts";
import { inSlices } from "../graphql/sliced.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { SessionSelection } from "../sessions/bulk.ts";
import { SessionSelectionType } from "../sessions/session.input-type.ts";
import { parseSessionFilter } from "../sessions/session.input.ts";
import { sessionLoader } from "../sessions/session.loaders.ts";
import type { SessionRow } from "../sessions/session.store.ts";
import { SessionType } from "../sessions/session.type.ts";
import { CSV_COLUMN_HELP, type CsvColumnHelp } from "./csv.columns.ts";
import type { ImportedSession } from "./csv.result.ts";
import { exportSessionsCsv, type CsvExportResult } from "./export-sessions-csv.ts";
import { importSessionsCsv } from "./import-sessions-csv.ts";
import { importSessionsCsvInput } from "./import.input.ts";
import { csvCommentLoader } from "./import.loaders.ts";
import {
  CsvColumnType,
  CsvExportType,
  CsvImportedSessionType,
  ImportSessionsCsvInputType,
  ImportSessionsCsvPayload,
} from "./import.type.ts";

const NOTHING_IMPORTED = {
  imported: false,
  dryRun: false,
  rowCount: 0,
  skippedRowCount: 0,
  skippedRows: [],
  sessions: [],
  errors: [],
  errorCount: 0,
  errorsTruncated: false,
};

@Resolver()
export class ImportResolver {
  @VerbMutation(() => ImportSessionsCsvPayload, {
    empty: NOTHING_IMPORTED,
    description:
      "Create one session for each row of a CSV file, all or none. Everything wrong with the file is told at once. Large files take turns: whoever waits two minutes is answered SERVICE_UNAVAILABLE, and may try again. Needs EDITOR.",
  })
  async importSessionsCsv(
    @Input(() => ImportSessionsCsvInputType, importSessionsCsvInput) input: z.output<typeof importSessionsCsvInput>,
    @Ctx() context: RequestContext,
  ): Promise<object> {
    const result = await importSessionsCsv(context, input);
    return { ...result, sessions: inSlices(result.sessions), errors: inSlices(result.errors) };
  }

  @Query(() => CsvExportType, {
    description: "Sessions as a CSV file that `importSessionsCsv` takes, at most 20,000 of them. With secrets, needs EDITOR.",
  })
  async exportSessionsCsv(
    @Arg("selection", () => SessionSelectionType, {
      nullable: true,
      description: "Which sessions; null: all. Ids that name no session are left out.",
    })
    selection: SessionSelectionType | null,
    @Arg("includeSecrets", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Write stream keys, passphrases and the secrets in URLs; otherwise they are empty or masked.",
    })
    includeSecrets: boolean | null,
    @Ctx() context: RequestContext,
  ): Promise<CsvExportResult> {
    return exportSessionsCsv(context, { selection: parseSelection(selection), includeSecrets: includeSecrets === true });
  }

  @Query(() => [CsvColumnType], {
    description:
      "The columns of the CSV format in the order of the export, from the table that imports are checked by: for forms and help. A column named `error` is ignored, so that an error file can be sent back.",
  })
  csvColumns(@Ctx() context: RequestContext): readonly CsvColumnHelp[] {
    assertMayRead(context.actor, "read");
    return CSV_COLUMN_HELP;
  }
}

@Resolver(() => CsvImportedSessionType)
export class CsvImportedSessionResolver {
  @FieldResolver(() => SessionType, {
    nullable: true,
    description: "The session as it is now; null in a dry run, and once it was deleted.",
  })
  async session(@Root() imported: ImportedSession, @Ctx() context: RequestContext): Promise<object | null> {
    return imported.id === null ? null : context.loaders.of(sessionLoader).load(imported.id);
  }
}

@Resolver(() => SessionType)
export class SessionCsvCommentResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description:
      "Why the session cannot be imported again as an export with secrets has it: the reason in the comment column. Null when it can.",
  })
  async csvComment(@Root() session: SessionRow, @Ctx() context: RequestContext): Promise<string | null> {
    return context.loaders.of(csvCommentLoader).load(session.id);
  }
}

function parseSelection(selection: SessionSelectionType | null | undefined): SessionSelection | null {
  if (!selection) return null;
  return selection.ids ? { ids: selection.ids } : { filter: parseSessionFilter(selection.filter) };
}
